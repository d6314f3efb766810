#!/usr/bin/env bash
# One machine of two: this one has two repos of the fleet file; server2.sh has the others.
set -euo pipefail

orchestrator \
  --skill repo-summarizer \
  --repo-names mcp-fleet rishi \
  --log-file logs/server1.log
