#!/usr/bin/env bash
# Runs orchestrator in the workspace. Its exit code is an output here; finish.sh fails the job, after commit.sh.
set -euo pipefail

orchestrator="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/bin/orchestrator.js"
temporary="${RUNNER_TEMP:-${TMPDIR:-/tmp}}"
log="$(mktemp "$temporary/orchestrator-log.XXXXXX")"

if [[ -z ${INPUT_CONFIG:-} && -z ${INPUT_SKILL:-} ]]; then
  echo '::error::Give the input "config" or the input "skill".'
  printf 'exit-code=2\nresults-file=\n' >>"$GITHUB_OUTPUT"
  exit 0
fi

arguments=(run --results-dir "$temporary/orchestrator-results")
if [[ -n ${INPUT_CONFIG:-} ]]; then arguments+=(--config "$INPUT_CONFIG"); fi
if [[ -n ${INPUT_SKILL:-} ]]; then arguments+=(--skill "$INPUT_SKILL"); fi
if [[ -z ${INPUT_CONFIG:-} ]]; then arguments+=(--repos "$GITHUB_WORKSPACE"); fi
# `read` splits at white space and expands nothing; it fails at the end of its input by design.
read -r -d '' -a more <<<"${INPUT_ARGS:-}" || true
arguments+=(${more[@]+"${more[@]}"})

# What repos and models bring into the log must not be taken for commands to the runner.
token=''
if [[ ${GITHUB_ACTIONS:-} == true ]]; then
  token="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  echo "::stop-commands::$token"
fi

code=0
mkdir -p "$temporary/orchestrator-results"
(cd "$GITHUB_WORKSPACE" && exec node "$orchestrator" "${arguments[@]}") 2>&1 | tee "$log" || code="${PIPESTATUS[0]}"

if [[ -n $token ]]; then echo "::$token::"; fi

# The configuration may name another folder than ours, so the log is asked.
results="$(sed -nE 's/^[^ ]+ INFO run=[^ ]+ (started|resumed) .*, results in (.+)$/\2/p' "$log" | tail -n 1)"
{
  echo "exit-code=$code"
  echo "results-file=$results"
} >>"$GITHUB_OUTPUT"

if [[ -n ${GITHUB_STEP_SUMMARY:-} && -f $results ]]; then
  node "$orchestrator" report "$results" --md - >>"$GITHUB_STEP_SUMMARY" || echo '::warning::The summary of the job could not be written.'
fi
