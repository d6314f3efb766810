#!/usr/bin/env bash
# Installs the packages that orchestrator runs on, beside the action itself.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
npm ci --omit=dev --ignore-scripts --no-audit --no-fund
