/// The internal tables, prefixed `pipeline_`; result tables are made a job (`ResultTable`).
///
/// Times are microseconds since 1970 (INTEGER); digests lower-case hex SHA-256. All tables are STRICT.
package enum WarehouseSchema {
    /// What brings a database up to date, oldest first, by the name it is remembered under: a database of any version has the first few.
    /// None is ever changed.
    package static let migrations = [
        ("1: spine", version1), ("2: arrival", version2), ("3: tables", version3),
        ("catalog 1: promotions, challengers, rescores", catalog), ("whatif 1: suppressions", suppressions), ("reco 1: ledger", ledger),
        ("ops 1: holds, outbound files, notices", operations), ("ops 2: since, deadline", explicitRuns),
        ("language 1: documents", documents), ("language 2: drafts", drafts), ("ops 3: sums of states", stateSums),
        ("review 1: amounts", amounts), ("ops 4: sums of definitions", definitionSums),
    ]

    package static let version1 = """
        CREATE TABLE pipeline_jobs (
            digest TEXT PRIMARY KEY, job TEXT NOT NULL, path TEXT NOT NULL, text TEXT NOT NULL, policy_digest TEXT NOT NULL
        ) STRICT;

        -- One execution of a job; clock and seed are fixed at its first start. Durations live with the attempts.
        CREATE TABLE pipeline_runs (
            id INTEGER PRIMARY KEY,
            job TEXT NOT NULL, clock INTEGER NOT NULL, seed INTEGER NOT NULL,
            status TEXT NOT NULL CHECK (status IN ('running', 'done', 'held', 'discarded')),
            job_digest TEXT NOT NULL REFERENCES pipeline_jobs (digest), policy_digest TEXT NOT NULL,
            input_digest TEXT NOT NULL, list_digest TEXT NOT NULL,
            model TEXT, model_version INTEGER, model_digest TEXT,
            versions TEXT NOT NULL,
            rows_read INTEGER NOT NULL DEFAULT 0, rows_accepted INTEGER NOT NULL DEFAULT 0, rows_rejected INTEGER NOT NULL DEFAULT 0,
            rows_late INTEGER NOT NULL DEFAULT 0, rows_unchanged INTEGER NOT NULL DEFAULT 0, rows_corrected INTEGER NOT NULL DEFAULT 0,
            review_items INTEGER NOT NULL DEFAULT 0, labels_read INTEGER NOT NULL DEFAULT 0,
            outcomes TEXT NOT NULL DEFAULT '{}',
            watermark INTEGER, state_bytes INTEGER NOT NULL DEFAULT 0,
            labels_until INTEGER NOT NULL DEFAULT 0,
            head TEXT
        ) STRICT;
        CREATE INDEX pipeline_runs_job ON pipeline_runs (job, id);

        -- Each start of a process for a run: the only table that may differ between a killed and an undisturbed run.
        CREATE TABLE pipeline_attempts (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES pipeline_runs (id),
            started INTEGER NOT NULL, ended INTEGER, process INTEGER NOT NULL, host TEXT NOT NULL, ending TEXT,
            rows INTEGER NOT NULL DEFAULT 0, seconds REAL, cpu_seconds REAL, peak_bytes INTEGER
        ) STRICT;

        -- Files in the order read.
        CREATE TABLE pipeline_files (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES pipeline_runs (id), job TEXT NOT NULL,
            feed TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
            bytes INTEGER NOT NULL, rows_read INTEGER, rows_rejected INTEGER,
            UNIQUE (run, feed, position)
        ) STRICT;
        CREATE INDEX pipeline_files_digest ON pipeline_files (job, feed, digest);

        -- Where a run goes on: one row a job, rewritten with every chunk, in the chunk's transaction.
        CREATE TABLE pipeline_checkpoints (
            job TEXT PRIMARY KEY, run INTEGER NOT NULL REFERENCES pipeline_runs (id), chunk INTEGER NOT NULL,
            file INTEGER NOT NULL, offset INTEGER NOT NULL, row INTEGER NOT NULL, line INTEGER NOT NULL,
            watermark INTEGER, label INTEGER NOT NULL, engine TEXT NOT NULL
        ) STRICT;

        -- Stage state: a base in parts, and what changed since, in order.
        CREATE TABLE pipeline_state (
            job TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('base', 'delta')), sequence INTEGER NOT NULL, data BLOB NOT NULL,
            PRIMARY KEY (job, kind, sequence)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE pipeline_rejects (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES pipeline_runs (id), feed TEXT NOT NULL,
            file TEXT NOT NULL, line INTEGER NOT NULL, offset INTEGER NOT NULL, row INTEGER NOT NULL,
            column_name TEXT, code TEXT NOT NULL, found TEXT NOT NULL, expected TEXT NOT NULL, raw BLOB NOT NULL
        ) STRICT;
        CREATE INDEX pipeline_rejects_run ON pipeline_rejects (run);

        -- Facts about rows and when they were learnt: from label feeds (run set) and from decisions (decision set). Append-only.
        CREATE TABLE pipeline_labels (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, key TEXT NOT NULL, positive INTEGER NOT NULL, known INTEGER NOT NULL,
            run INTEGER REFERENCES pipeline_runs (id), decision INTEGER REFERENCES pipeline_decisions (id)
        ) STRICT;
        CREATE INDEX pipeline_labels_known ON pipeline_labels (job, known, id);
        CREATE INDEX pipeline_labels_key ON pipeline_labels (job, key);

        -- Entries of list feeds with their known time. Append-only.
        CREATE TABLE pipeline_lists (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, list TEXT NOT NULL, entry TEXT NOT NULL, known INTEGER NOT NULL,
            run INTEGER NOT NULL REFERENCES pipeline_runs (id)
        ) STRICT;
        CREATE INDEX pipeline_lists_list ON pipeline_lists (job, list, known);

        CREATE TABLE pipeline_models (
            name TEXT NOT NULL, version INTEGER NOT NULL, family TEXT NOT NULL, digest TEXT NOT NULL, features TEXT NOT NULL,
            card TEXT NOT NULL, artefact BLOB NOT NULL, created INTEGER NOT NULL,
            PRIMARY KEY (name, version)
        ) STRICT;

        -- Role history of model versions. Append-only.
        CREATE TABLE pipeline_champions (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, role TEXT NOT NULL, since INTEGER NOT NULL,
            actor TEXT NOT NULL, reason TEXT NOT NULL,
            FOREIGN KEY (name, version) REFERENCES pipeline_models (name, version)
        ) STRICT;

        CREATE TABLE pipeline_review_items (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES pipeline_runs (id), job TEXT NOT NULL, queue TEXT NOT NULL,
            key TEXT NOT NULL, version INTEGER NOT NULL, event_time INTEGER NOT NULL,
            score REAL, value INTEGER NOT NULL, currency TEXT NOT NULL,
            cause TEXT NOT NULL,
            suggested TEXT NOT NULL, interim TEXT NOT NULL, over_capacity INTEGER NOT NULL,
            sample_probability REAL,
            reasons TEXT NOT NULL, evidence TEXT NOT NULL, fields TEXT NOT NULL,
            created INTEGER NOT NULL, due INTEGER NOT NULL, on_overdue TEXT NOT NULL,
            UNIQUE (job, key, version)
        ) STRICT;
        CREATE INDEX pipeline_review_items_queue ON pipeline_review_items (queue, value DESC, id);

        -- Who is looking at an item, until when.
        CREATE TABLE pipeline_claims (
            item INTEGER PRIMARY KEY REFERENCES pipeline_review_items (id), actor TEXT NOT NULL, host TEXT NOT NULL,
            since INTEGER NOT NULL, until INTEGER NOT NULL
        ) STRICT;

        -- Append-only; a later decision of the same item supersedes.
        CREATE TABLE pipeline_decisions (
            id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES pipeline_review_items (id), outcome TEXT NOT NULL,
            positive INTEGER, reason TEXT NOT NULL, actor TEXT NOT NULL, host TEXT NOT NULL, decided INTEGER NOT NULL,
            seconds REAL, supersedes INTEGER REFERENCES pipeline_decisions (id)
        ) STRICT;
        CREATE INDEX pipeline_decisions_item ON pipeline_decisions (item);

        -- The hash chain over decisions, roles and finished runs. Append-only.
        CREATE TABLE pipeline_audit (
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, host TEXT NOT NULL, kind TEXT NOT NULL,
            subject INTEGER, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
        ) STRICT;

        -- Which job owns a result table, and its layout.
        CREATE TABLE pipeline_results (
            name TEXT PRIMARY KEY, job TEXT NOT NULL UNIQUE, columns TEXT NOT NULL
        ) STRICT;
        """

    /// A job may write several tables; `feed` is null for the one with its scores.
    static let version3 = """
        CREATE TABLE pipeline_results_3 (
            name TEXT PRIMARY KEY, job TEXT NOT NULL, feed TEXT, columns TEXT NOT NULL
        ) STRICT;
        INSERT INTO pipeline_results_3 SELECT name, job, NULL, columns FROM pipeline_results ORDER BY name;
        DROP TABLE pipeline_results;
        ALTER TABLE pipeline_results_3 RENAME TO pipeline_results;
        CREATE INDEX pipeline_results_job ON pipeline_results (job);
        """
}
