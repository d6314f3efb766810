// Command linkd is a small service that turns long links into short ones and redirects to them.
package main

import (
	"flag"
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	address := flag.String("address", ":8080", "address to listen on")
	length := flag.Int("length", 6, "characters in a short code")
	flag.Parse()

	password := os.Getenv("LINKD_PASSWORD")
	if password == "" {
		log.Fatal("LINKD_PASSWORD is not set; without it anyone could add links")
	}

	server := &http.Server{
		Addr:              *address,
		Handler:           routes(newStore(*length), password),
		ReadHeaderTimeout: 5 * time.Second,
	}
	log.Printf("listening on %s", *address)
	log.Fatal(server.ListenAndServe())
}
