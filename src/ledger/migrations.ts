/**
 * Numbered, forward only: entry N brings a ledger from version N to N + 1. Never edit an entry that was released.
 * Times are milliseconds since 1970 UTC; money is in nano-dollars (1e-9 USD), so that sums are exact.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE runs (
    id TEXT PRIMARY KEY,
    claim TEXT NOT NULL,
    state TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    process_start TEXT NOT NULL,
    heartbeat_at BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    exit_code BIGINT,
    end_reason TEXT,
    description TEXT,
    command TEXT NOT NULL,
    settings TEXT NOT NULL,
    control TEXT NOT NULL,
    results_file TEXT NOT NULL,
    log_file TEXT
  );
  CREATE INDEX runs_by_claim ON runs (claim, state);
  CREATE INDEX runs_by_start ON runs (started_at);
  CREATE TABLE jobs (
    run_id TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence BIGINT NOT NULL,
    skill TEXT NOT NULL,
    repo TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    status TEXT,
    detail TEXT,
    started_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (run_id, id)
  );
  CREATE INDEX jobs_by_repo ON jobs (repo, run_id);
  CREATE INDEX jobs_by_state ON jobs (run_id, state, status, ended_at, id);
  CREATE TABLE replies (
    digest TEXT PRIMARY KEY,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    model TEXT NOT NULL,
    reply TEXT NOT NULL,
    cost_nano BIGINT,
    usable BIGINT NOT NULL,
    checksum TEXT NOT NULL,
    recorded_at BIGINT NOT NULL
  );
  CREATE TABLE quarantine (
    what TEXT NOT NULL,
    name TEXT NOT NULL,
    reason TEXT NOT NULL,
    content TEXT,
    at BIGINT NOT NULL
  );
  CREATE TABLE deliveries (
    repo_key TEXT NOT NULL,
    path TEXT NOT NULL,
    blob TEXT NOT NULL,
    before_blob TEXT,
    base_blob TEXT,
    added BIGINT NOT NULL,
    removed BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (repo_key, path, run_id, job_id)
  );
  CREATE TABLE memories (
    repo_key TEXT NOT NULL,
    skill TEXT NOT NULL,
    output TEXT NOT NULL,
    inputs TEXT NOT NULL,
    files TEXT NOT NULL,
    run_id TEXT NOT NULL,
    checksum TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (repo_key, skill, output)
  );
  CREATE TABLE spending (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    task TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    reserved_nano BIGINT NOT NULL,
    spent_nano BIGINT,
    at BIGINT NOT NULL
  );
  CREATE INDEX spending_by_run ON spending (run_id, state);
  CREATE TABLE budgets (
    scope TEXT PRIMARY KEY,
    used_nano BIGINT NOT NULL
  );
  CREATE TABLE claims (
    name TEXT PRIMARY KEY,
    run_id TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE changes (
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    repo_key TEXT NOT NULL,
    repo TEXT NOT NULL,
    skill TEXT NOT NULL,
    patch_id TEXT NOT NULL,
    detail TEXT NOT NULL,
    detail_checksum TEXT NOT NULL,
    patch TEXT NOT NULL,
    edits TEXT NOT NULL,
    content_checksum TEXT NOT NULL,
    deliver TEXT NOT NULL,
    delivered TEXT,
    has_left BIGINT NOT NULL,
    decision TEXT NOT NULL,
    reason TEXT,
    decided_at BIGINT,
    superseded_by TEXT,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, job_id)
  );
  CREATE INDEX changes_by_state ON changes (decision, has_left, recorded_at);
  CREATE INDEX changes_by_patch ON changes (repo_key, patch_id);
  CREATE INDEX changes_by_job ON changes (job_id, repo_key);
  CREATE TABLE rejections (
    repo_key TEXT NOT NULL,
    patch_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (repo_key, patch_id)
  );
  `,
  `
  CREATE TABLE turns (
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    turn BIGINT NOT NULL,
    request_digest TEXT NOT NULL,
    reply_digest TEXT NOT NULL,
    answers TEXT NOT NULL,
    checksum TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (run_id, job_id, turn)
  );
  `,
  `
  ALTER TABLE jobs ADD COLUMN fence BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN worker TEXT;
  CREATE INDEX jobs_by_end ON jobs (run_id, ended_at);
  CREATE TABLE skills (
    digest TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    files TEXT NOT NULL
  );
  CREATE TABLE workers (
    id TEXT PRIMARY KEY,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    version TEXT NOT NULL,
    labels TEXT NOT NULL,
    max_workers BIGINT NOT NULL,
    jobs BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    heartbeat_at BIGINT NOT NULL
  );
  CREATE TABLE provider_calls (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    expires_at BIGINT NOT NULL,
    tokens BIGINT NOT NULL
  );
  CREATE INDEX provider_calls_by_start ON provider_calls (provider, started_at);
  CREATE TABLE provider_limits (
    provider TEXT PRIMARY KEY,
    paused_until BIGINT NOT NULL
  );
  `,
  `
  CREATE TABLE effects (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL
  );
  CREATE INDEX effects_by_time ON effects (kind, at);
  CREATE TABLE paces (
    kind TEXT PRIMARY KEY,
    uses BIGINT NOT NULL
  );
  `,
  `
  CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    run_id TEXT NOT NULL,
    model TEXT NOT NULL,
    state TEXT NOT NULL,
    provider_id TEXT,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    ended_at BIGINT
  );
  CREATE INDEX batches_by_state ON batches (state, created_at);
  CREATE TABLE batch_requests (
    batch_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    run_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    repo_key TEXT NOT NULL,
    skill TEXT NOT NULL,
    output TEXT NOT NULL,
    inputs TEXT NOT NULL,
    commit_id TEXT NOT NULL,
    spending_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    state TEXT NOT NULL,
    failure TEXT,
    PRIMARY KEY (batch_id, digest)
  );
  CREATE INDEX batch_requests_by_digest ON batch_requests (digest);
  CREATE INDEX batch_requests_by_job ON batch_requests (run_id, job_id);
  CREATE INDEX batch_requests_by_inputs ON batch_requests (repo_key, skill, output);
  ALTER TABLE spending ADD COLUMN batch BIGINT NOT NULL DEFAULT 0;
  `,
  `
  UPDATE jobs SET status = 'held' WHERE status = 'failed' AND detail LIKE '%"reason":"held-for-review"%';
  `,
  `
  CREATE INDEX spending_by_job ON spending (run_id, job_id);
  `,
  `
  ALTER TABLE runs ADD COLUMN idle_ms BIGINT NOT NULL DEFAULT 0;
  `,
  `
  CREATE INDEX replies_by_job ON replies (job_id, run_id);
  `,
  `
  ALTER TABLE runs ADD COLUMN resumed_at BIGINT;
  ALTER TABLE runs ADD COLUMN deadline_at BIGINT;
  ALTER TABLE jobs ADD COLUMN takes BIGINT NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN needs TEXT NOT NULL DEFAULT '';
  ALTER TABLE workers ADD COLUMN troubles TEXT NOT NULL DEFAULT '[]';
  `,
];
