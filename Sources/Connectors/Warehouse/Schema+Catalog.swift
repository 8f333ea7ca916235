extension WarehouseSchema {
    /// The life of model versions: promotions and who approved them, what challengers would have said, and runs that score again.
    static let catalog = """
        -- A proposal to make a version the champion, bound to a replay report by its digest. Append-only.
        CREATE TABLE pipeline_promotions (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, model_digest TEXT NOT NULL,
            job TEXT NOT NULL, job_digest TEXT NOT NULL, policy_digest TEXT NOT NULL,
            report_digest TEXT, report_rows INTEGER, report_created TEXT,
            approvals INTEGER NOT NULL, actor TEXT NOT NULL, host TEXT NOT NULL, proposed INTEGER NOT NULL, reason TEXT NOT NULL,
            FOREIGN KEY (name, version) REFERENCES pipeline_models (name, version)
        ) STRICT;

        -- Further accounts that approve a promotion. Append-only.
        CREATE TABLE pipeline_approvals (
            id INTEGER PRIMARY KEY, promotion INTEGER NOT NULL REFERENCES pipeline_promotions (id), report_digest TEXT NOT NULL,
            actor TEXT NOT NULL, host TEXT NOT NULL, approved INTEGER NOT NULL, reason TEXT NOT NULL,
            UNIQUE (promotion, actor)
        ) STRICT;

        -- Versions that a run scores beside what decides.
        CREATE TABLE pipeline_run_challengers (
            run INTEGER NOT NULL REFERENCES pipeline_runs (id), name TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL,
            PRIMARY KEY (run, name, version)
        ) STRICT, WITHOUT ROWID;

        -- What a challenger would have said of a row of a result table.
        CREATE TABLE pipeline_challenger_scores (
            job TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, model_version INTEGER NOT NULL,
            run INTEGER NOT NULL REFERENCES pipeline_runs (id), score REAL NOT NULL, outcome TEXT NOT NULL,
            PRIMARY KEY (job, key, version, model_version)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX pipeline_challenger_scores_run ON pipeline_challenger_scores (run);

        -- Runs that read nothing new and score rows again; times are event times, the second exclusive; null = no bound.
        CREATE TABLE pipeline_rescores (
            run INTEGER PRIMARY KEY REFERENCES pipeline_runs (id), from_time INTEGER, to_time INTEGER
        ) STRICT;
        """
}
