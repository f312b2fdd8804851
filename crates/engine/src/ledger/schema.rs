//! The tables of the ledger, version by version. SQLite and PostgreSQL make the same ones.

/// Version of the tables.
pub(super) const VERSION: i64 = 9;

/// Runs, and what is known of every page (version 1).
const FIRST: &str = "
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    outcome TEXT NOT NULL,
    requests BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    payloads BIGINT NOT NULL,
    parsed BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    new BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    snapshot BIGINT,
    error TEXT,
    quarantined_by_reason TEXT NOT NULL,
    findings TEXT NOT NULL,
    replay_of TEXT,
    digest TEXT
);
CREATE INDEX runs_by_pipeline ON runs (pipeline, started);
CREATE TABLE pages (
    pipeline TEXT NOT NULL,
    request TEXT NOT NULL,
    page BIGINT NOT NULL,
    run TEXT NOT NULL,
    url TEXT NOT NULL,
    retrieved_at TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    content_type TEXT,
    raw TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (pipeline, request, page)
);
";

/// Schedules (version 2): why a run began, ticks, states, promises and the use of budgets. Runs
/// get a number in the order of their beginning, true under any clock.
const SCHEDULES: &str = "
ALTER TABLE runs RENAME TO runs_of_version_1;
DROP INDEX runs_by_pipeline;
CREATE TABLE runs (
    seq {serial},
    run TEXT NOT NULL UNIQUE,
    pipeline TEXT NOT NULL,
    started_by TEXT NOT NULL,
    scheduled_for TEXT,
    started TEXT NOT NULL,
    ended TEXT,
    outcome TEXT NOT NULL,
    cause TEXT,
    requests BIGINT NOT NULL,
    retries BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    payloads BIGINT NOT NULL,
    parsed BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    missing BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    new BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    withdrawn BIGINT NOT NULL,
    snapshot BIGINT,
    error TEXT,
    quarantined_by_reason TEXT NOT NULL,
    findings TEXT NOT NULL,
    replay_of TEXT,
    source_updated TEXT,
    years TEXT,
    digest TEXT
);
INSERT INTO runs (run, pipeline, started_by, started, ended, outcome, requests, retries, bytes,
    payloads, parsed, accepted, quarantined, missing, duplicates, new, changed, withdrawn,
    snapshot, error, quarantined_by_reason, findings, replay_of, digest)
SELECT run, pipeline, 'hand', started, ended, outcome, requests, retries, bytes,
    payloads, parsed, accepted, quarantined, missing, duplicates, new, changed, withdrawn,
    snapshot, error, quarantined_by_reason, findings, replay_of, digest
FROM runs_of_version_1 ORDER BY started, run;
DROP TABLE runs_of_version_1;
CREATE INDEX runs_by_pipeline ON runs (pipeline, seq);
CREATE INDEX runs_by_start ON runs (pipeline, started);
CREATE INDEX runs_under_way ON runs (pipeline) WHERE outcome = 'running';
CREATE TABLE schedules (
    pipeline TEXT PRIMARY KEY,
    line TEXT NOT NULL,
    considered TEXT NOT NULL
);
CREATE TABLE ticks (
    pipeline TEXT NOT NULL,
    scheduled_for TEXT NOT NULL,
    voided TEXT NOT NULL,
    state TEXT NOT NULL,
    claim TEXT NOT NULL,
    claimed_at TEXT NOT NULL,
    run TEXT,
    PRIMARY KEY (pipeline, scheduled_for, voided)
);
CREATE INDEX ticks_by_state ON ticks (state);
CREATE TABLE states (
    pipeline TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    since TEXT NOT NULL
);
CREATE TABLE promises (
    pipeline TEXT NOT NULL,
    due TEXT NOT NULL,
    agency TEXT NOT NULL,
    verdict TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    kept_at TEXT,
    run TEXT,
    PRIMARY KEY (pipeline, due)
);
CREATE TABLE asked (
    host TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX asked_by_host ON asked (host, kind, at);
";

/// Whose ledger it is (version 3).
const WHOSE: &str = "
CREATE TABLE lake (
    only_one BIGINT PRIMARY KEY,
    id TEXT NOT NULL
);
";

/// Version 4: on which snapshot a run was about to commit; schedules that some daemon no longer
/// knows; whether a release date was announced; what a backfill has received of each request;
/// alerts that wait to be told.
const LANDINGS_AND_ALERTS: &str = "
ALTER TABLE runs ADD COLUMN landing BIGINT;
ALTER TABLE schedules ADD COLUMN dropped TEXT NOT NULL DEFAULT '';
ALTER TABLE states ADD COLUMN change TEXT NOT NULL DEFAULT '';
ALTER TABLE promises ADD COLUMN basis TEXT NOT NULL DEFAULT 'assumed';
CREATE TABLE backfills (
    pipeline TEXT NOT NULL,
    request TEXT NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    at TEXT NOT NULL,
    refused TEXT,
    PRIMARY KEY (pipeline, request, first, last)
);
CREATE TABLE outbox (
    change TEXT NOT NULL,
    channel TEXT NOT NULL,
    pipeline TEXT NOT NULL,
    alert TEXT NOT NULL,
    made TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next TEXT NOT NULL,
    claim TEXT NOT NULL,
    PRIMARY KEY (change, channel)
);
";

/// Version 5: runs whose snapshots the lake need not have any more, and why.
const GIVEN_UP: &str = "
CREATE TABLE given_up (
    id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    because TEXT NOT NULL
);
ALTER TABLE runs ADD COLUMN given_up TEXT;
";

/// Version 6: what the source called each series when it last landed.
const SAID: &str = "
CREATE TABLE said (
    pipeline TEXT NOT NULL,
    request TEXT NOT NULL,
    series TEXT NOT NULL,
    part TEXT NOT NULL,
    texts TEXT NOT NULL,
    run TEXT NOT NULL,
    PRIMARY KEY (pipeline, request, series, part)
);
";

/// Version 7: runs whose bodies had all landed before.
const REREAD: &str = "
ALTER TABLE runs ADD COLUMN reread BIGINT NOT NULL DEFAULT 0;
";

/// Version 8: leases, where several machines share the ledger.
const LEASES: &str = "
CREATE TABLE leases (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    place TEXT NOT NULL,
    token BIGINT NOT NULL,
    until TEXT NOT NULL
);
";

/// Version 9: runs that made a snapshot and that this ledger need not know, and why; the files that hold
/// the records of requests, which nothing in the lake names.
const LOST_RUNS: &str = "
CREATE TABLE lost_runs (
    run TEXT PRIMARY KEY,
    snapshot BIGINT NOT NULL,
    at TEXT NOT NULL,
    because TEXT NOT NULL
);
CREATE TABLE record_files (
    name TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    given_up TEXT
);
";

/// What brings tables of a version to the present one; nothing for those of a newer program.
pub(super) fn steps(found: i64) -> &'static [&'static str] {
    const STEPS: [&str; 9] =
        [FIRST, SCHEDULES, WHOSE, LANDINGS_AND_ALERTS, GIVEN_UP, SAID, REREAD, LEASES, LOST_RUNS];
    usize::try_from(found).ok().and_then(|found| STEPS.get(found..)).unwrap_or_default()
}
