#!/usr/bin/env bash
# Commits and pushes the files that the run changed, and nothing else that lies in the work tree.
set -euo pipefail

results="${RESULTS_FILE:-}"
export GIT_AUTHOR_NAME="${GIT_AUTHOR_NAME:-github-actions[bot]}"
export GIT_AUTHOR_EMAIL="${GIT_AUTHOR_EMAIL:-41898282+github-actions[bot]@users.noreply.github.com}"
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
# File names are names, not patterns.
export GIT_LITERAL_PATHSPECS=1

main() {
  local repos
  repos="$(mktemp -d "${RUNNER_TEMP:-${TMPDIR:-/tmp}}/orchestrator-changed.XXXXXX")"
  if [[ -n $results && -f $results ]]; then write_lists "$repos"; fi

  local lists=("$repos"/*.path)
  if [[ ! -e ${lists[0]} ]]; then
    echo 'Nothing changed.'
    echo 'changed=false' >>"$GITHUB_OUTPUT"
    return 0
  fi
  echo 'changed=true' >>"$GITHUB_OUTPUT"
  if [[ ${INPUT_COMMIT:-true} != true ]]; then return 0; fi

  local failed=0 list
  for list in "${lists[@]}"; do
    commit_repo "$(cat "$list")" "${list%.path}.files" || failed=1
  done
  return "$failed"
}

# For each repo with delivered changes: N.path holds where it is, N.files its changed files, each ended by a zero byte.
write_lists() {
  node - "$results" "$1" <<'JS'
const {readFileSync, writeFileSync} = require('node:fs');
const {join} = require('node:path');
const [results, directory] = process.argv.slice(2);
const changed = new Map();
for (const row of JSON.parse(readFileSync(results, 'utf8'))) {
  if (row.outcome !== 'changed' || row.delivered?.kind !== 'files' || !row.path) continue;
  const files = changed.get(row.path) ?? new Set();
  for (const {path} of row.files) files.add(path);
  changed.set(row.path, files);
}
for (const [index, [path, files]] of [...changed].entries()) {
  writeFileSync(join(directory, `${index}.path`), path);
  writeFileSync(join(directory, `${index}.files`), [...files].map(file => `${file}\0`).join(''));
}
JS
}

commit_repo() {
  local repo="$1" files="$2" branch
  if ! branch="$(git -C "$repo" symbolic-ref --quiet --short HEAD)"; then
    echo "::error::No branch is checked out in $repo, so there is nowhere to push to; give actions/checkout a branch as \"ref\"."
    return 1
  fi
  git -C "$repo" add --pathspec-from-file="$files" --pathspec-file-nul || return 1
  if git -C "$repo" diff --cached --quiet; then
    echo "Nothing to commit in $repo."
    return 0
  fi
  git -C "$repo" commit --quiet --message "${INPUT_COMMIT_MESSAGE:-docs: automated documentation update}" \
    --pathspec-from-file="$files" --pathspec-file-nul || return 1
  push "$repo" "$branch"
}

# Somebody may have pushed while the run went on: ours goes on top of theirs, or not at all.
push() {
  local repo="$1" branch="$2" attempt
  for attempt in 1 2 3; do
    if git -C "$repo" push --quiet origin "HEAD:refs/heads/$branch"; then
      echo "Pushed $(git -C "$repo" rev-parse --short HEAD) to $branch."
      return 0
    fi
    git -C "$repo" fetch --quiet origin "refs/heads/$branch" || return 1
    if ! git -C "$repo" rebase --quiet --autostash FETCH_HEAD; then
      git -C "$repo" rebase --abort
      echo "::error::$branch has moved on and changed the same files; run the workflow again."
      return 1
    fi
  done
  echo "::error::$branch could not be pushed in $attempt attempts."
  return 1
}

main
