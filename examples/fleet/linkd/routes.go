package main

import (
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
)

// routes answers GET /{code} with a redirect, and POST /links with a new code for those who know the password.
func routes(links *store, password string) http.Handler {
	mux := http.NewServeMux()

	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "ok")
	})

	mux.HandleFunc("GET /{code}", func(w http.ResponseWriter, r *http.Request) {
		target, found := links.find(r.PathValue("code"))
		if !found {
			http.NotFound(w, r)
			return
		}
		http.Redirect(w, r, target, http.StatusFound)
	})

	mux.HandleFunc("POST /links", func(w http.ResponseWriter, r *http.Request) {
		_, given, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(given), []byte(password)) != 1 {
			http.Error(w, "wrong password", http.StatusUnauthorized)
			return
		}
		// TODO: refuse targets that point back at this service, they redirect in a circle
		target, err := url.ParseRequestURI(r.FormValue("target"))
		if err != nil {
			http.Error(w, "target is not a link", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintln(w, links.add(target.String()))
	})

	return mux
}
