#!/usr/bin/env bash
# The other machine; see server1.sh. With many repos, --shard 1/2 and --shard 2/2 divide the fleet without naming any.
set -euo pipefail

orchestrator \
  --skill repo-summarizer \
  --repo-names orchestrator synthetic-notes \
  --log-file logs/server2.log
