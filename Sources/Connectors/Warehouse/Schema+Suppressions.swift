extension WarehouseSchema {
    /// Rows that would have been reviewed, and the suppression that kept them from it. Prices in minor units: what the row's outcome costs
    /// if it is positive and if it is negative, and what the review would have cost.
    static let suppressions = """
        CREATE TABLE pipeline_suppressed (
            id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES pipeline_runs (id), job TEXT NOT NULL, suppression TEXT NOT NULL,
            key TEXT NOT NULL, version INTEGER NOT NULL, event_time INTEGER NOT NULL, cause TEXT NOT NULL, outcome TEXT NOT NULL,
            if_positive INTEGER NOT NULL, if_negative INTEGER NOT NULL, review INTEGER NOT NULL, currency TEXT NOT NULL
        ) STRICT;
        CREATE INDEX pipeline_suppressed_job ON pipeline_suppressed (job, suppression);
        """
}
