extension WarehouseSchema {
    /// Deliveries: what came, when, and what people are asked about it.
    ///
    /// Review items get a kind; those that are not about a row may come without a run (nothing came, so nothing ran). A column that was
    /// NOT NULL can only be freed by making the table anew; the migration does so with foreign keys off and checks them at its end.
    static let version2 = """
        CREATE TABLE pipeline_review_items_2 (
            id INTEGER PRIMARY KEY, run INTEGER REFERENCES pipeline_runs (id), job TEXT NOT NULL, queue TEXT NOT NULL,
            key TEXT NOT NULL, version INTEGER NOT NULL, event_time INTEGER NOT NULL,
            score REAL, value INTEGER NOT NULL, currency TEXT NOT NULL,
            cause TEXT NOT NULL,
            suggested TEXT NOT NULL, interim TEXT NOT NULL, over_capacity INTEGER NOT NULL,
            sample_probability REAL,
            reasons TEXT NOT NULL, evidence TEXT NOT NULL, fields TEXT NOT NULL,
            created INTEGER NOT NULL, due INTEGER NOT NULL, on_overdue TEXT NOT NULL,
            kind TEXT NOT NULL DEFAULT 'row' CHECK (kind IN ('row', 'delivery', 'schema', 'control')),
            UNIQUE (job, kind, key, version),
            CHECK (kind <> 'row' OR run IS NOT NULL)
        ) STRICT;
        INSERT INTO pipeline_review_items_2 (id, run, job, queue, key, version, event_time, score, value, currency, cause, suggested,
            interim, over_capacity, sample_probability, reasons, evidence, fields, created, due, on_overdue)
        SELECT id, run, job, queue, key, version, event_time, score, value, currency, cause, suggested,
            interim, over_capacity, sample_probability, reasons, evidence, fields, created, due, on_overdue FROM pipeline_review_items;
        DROP TABLE pipeline_review_items;
        ALTER TABLE pipeline_review_items_2 RENAME TO pipeline_review_items;
        CREATE INDEX pipeline_review_items_queue ON pipeline_review_items (queue, value DESC, id);

        -- A file of a feed that declares what to expect of it, as it was when first seen whole. Rows are never removed.
        CREATE TABLE pipeline_deliveries (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, feed TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
            bytes INTEGER NOT NULL, seen INTEGER NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('taken', 'duplicate', 'quarantined', 'frozen', 'released', 'left-out')),
            holds INTEGER NOT NULL DEFAULT 0,
            rows INTEGER NOT NULL, rejected INTEGER NOT NULL, total TEXT, schema TEXT NOT NULL,
            UNIQUE (job, feed, digest, name)
        ) STRICT;
        CREATE INDEX pipeline_deliveries_feed ON pipeline_deliveries (job, feed, id);

        -- What a feed's files looked like, and from when this was known to be right. Append-only; the newest row holds.
        CREATE TABLE pipeline_feed_schemas (
            id INTEGER PRIMARY KEY, job TEXT NOT NULL, feed TEXT NOT NULL, known INTEGER NOT NULL,
            delivery INTEGER NOT NULL REFERENCES pipeline_deliveries (id), cause TEXT NOT NULL, schema TEXT NOT NULL
        ) STRICT;
        CREATE INDEX pipeline_feed_schemas_feed ON pipeline_feed_schemas (job, feed, id);

        -- Records that a run reads of a file, instead of the whole file: rejects of an earlier run, read again.
        CREATE TABLE pipeline_selections (
            run INTEGER NOT NULL REFERENCES pipeline_runs (id), feed TEXT NOT NULL, position INTEGER NOT NULL,
            "row" INTEGER NOT NULL, "offset" INTEGER NOT NULL, line INTEGER NOT NULL,
            tail INTEGER NOT NULL,
            reject INTEGER NOT NULL,
            PRIMARY KEY (run, feed, position, "row")
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX pipeline_selections_reject ON pipeline_selections (reject);

        -- Values of a file that make a row a reject, decided before the run: {"column": ["value", …]}.
        -- The calendar's holidays as the run knew them: dates with commas between.
        ALTER TABLE pipeline_runs ADD COLUMN holidays TEXT;
        ALTER TABLE pipeline_files ADD COLUMN discards TEXT;
        """
}
