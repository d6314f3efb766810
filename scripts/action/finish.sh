#!/usr/bin/env bash
# Gives the job the exit code of orchestrator and says what it means.
set -euo pipefail

code="${EXIT_CODE:-2}"
case "$code" in
  0) ;;
  1) echo '::error::Some job failed or was left undone; what succeeded has been kept. The results file says which and why.' ;;
  2) echo '::error::The run could not start: see the configuration problems above.' ;;
  *) echo "::error::The run was interrupted (exit code $code)." ;;
esac
exit "$code"
