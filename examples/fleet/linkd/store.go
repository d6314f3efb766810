package main

import (
	"math/rand"
	"sync"
)

const alphabet = "abcdefghijkmnpqrstuvwxyz23456789"

// store keeps the links in memory; they are gone after a restart.
type store struct {
	mutex  sync.RWMutex
	length int
	links  map[string]string
}

func newStore(length int) *store {
	return &store{length: length, links: map[string]string{}}
}

func (s *store) add(target string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for {
		code := make([]byte, s.length)
		for i := range code {
			code[i] = alphabet[rand.Intn(len(alphabet))]
		}
		if _, taken := s.links[string(code)]; !taken {
			s.links[string(code)] = target
			return string(code)
		}
	}
}

func (s *store) find(code string) (string, bool) {
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	target, found := s.links[code]
	return target, found
}
