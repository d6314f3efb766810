package main

import "testing"

func TestFindsWhatWasAdded(t *testing.T) {
	links := newStore(6)
	code := links.add("https://example.test/a/long/page")
	if target, found := links.find(code); !found || target != "https://example.test/a/long/page" {
		t.Fatalf("find(%q) = %q, %v", code, target, found)
	}
}

func TestDoesNotFindWhatIsNotThere(t *testing.T) {
	if _, found := newStore(6).find("nothere"); found {
		t.Fatal("found a link nobody added")
	}
}
