extension WarehouseSchema {
    /// A year of operation: what must be kept, what other systems were given, and whom was told what.
    static let operations = """
        -- Rows that neither a purge nor an erasure may touch, from the time a hold is placed until it is released. `key` null = all of the
        -- job. Append-only; of a job and key the newest row counts.
        CREATE TABLE pipeline_holds (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, key TEXT, action TEXT NOT NULL CHECK (action IN ('place', 'release')),
            actor TEXT NOT NULL, host TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT NOT NULL
        ) STRICT;

        -- A file of outcomes made for another system: what it holds is fixed when the row is written, the file may follow after a crash.
        CREATE TABLE pipeline_outbound (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, receiver TEXT NOT NULL, number INTEGER NOT NULL,
            audit_from INTEGER NOT NULL, audit_to INTEGER NOT NULL,
            path TEXT NOT NULL, form TEXT NOT NULL CHECK (form IN ('csv', 'xml')), written INTEGER NOT NULL,
            rows INTEGER NOT NULL, corrections INTEGER NOT NULL, decisions INTEGER NOT NULL, digest TEXT NOT NULL,
            actor TEXT NOT NULL, host TEXT NOT NULL, at INTEGER NOT NULL,
            UNIQUE (job, receiver, number)
        ) STRICT;
        CREATE TABLE pipeline_outbound_runs (
            outbound INTEGER NOT NULL REFERENCES pipeline_outbound (id), run INTEGER NOT NULL REFERENCES pipeline_runs (id),
            PRIMARY KEY (outbound, run)
        ) STRICT, WITHOUT ROWID;

        -- What was sent to whom, each subject once a channel; `sent` null = begun, and tried again.
        CREATE TABLE pipeline_notices (
            id INTEGER PRIMARY KEY, channel TEXT NOT NULL, subject TEXT NOT NULL, made INTEGER NOT NULL, sent INTEGER,
            attempts INTEGER NOT NULL DEFAULT 0,
            UNIQUE (channel, subject)
        ) STRICT;
        """

    /// What a run was told besides its job file, and from where on its deadline decided for the model.
    static let explicitRuns = """
        -- Event time before which rows only build the stage's state, and how many did; null = none.
        ALTER TABLE pipeline_runs ADD COLUMN since INTEGER;
        ALTER TABLE pipeline_runs ADD COLUMN rows_before INTEGER NOT NULL DEFAULT 0;
        -- The block from which on no model was asked: index of its file among those streamed, and the row before its first.
        ALTER TABLE pipeline_runs ADD COLUMN deadline_file INTEGER;
        ALTER TABLE pipeline_runs ADD COLUMN deadline_row INTEGER;
        ALTER TABLE pipeline_runs ADD COLUMN rows_after_deadline INTEGER NOT NULL DEFAULT 0;
        """
}
