#!/bin/sh
# Counts three lines, two of them equal, and compares with what is expected.
set -eu
actual=$(printf 'b\na\nb\n' | ./tally | sort -rn)
expected='      2 b
      1 a'
if [ "$actual" != "$expected" ]; then
	echo "expected:"; echo "$expected"
	echo "actual:"; echo "$actual"
	exit 1
fi
echo ok
