#!/usr/bin/env bash
# Starts a run in the background that goes on after you log out. Usage: nohup.sh [CONFIG]
set -euo pipefail

config="${1:-config/overnight.json}"
output="${TMPDIR:-/tmp}/orchestrator-nohup-$(id -u).out"

nohup orchestrator --config "$config" >"$output" 2>&1 </dev/null &

echo "Started as process $!. Its output: $output"
echo 'Progress: orchestrator status    or: orchestrator logs -f    Stop: orchestrator stop'
