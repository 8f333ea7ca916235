extension WarehouseSchema {
    /// Notes that a model drafted about items, the newest with the highest number; and which decisions were signed from one.
    ///
    /// A draft is kept as it was checked, with pseudonyms in place of what was masked: who reads it gets the values from the item, as long as
    /// that has what was sent (`evidence`, a digest). `cited` is a JSON array of names.
    static let drafts = """
        CREATE TABLE pipeline_drafts (
            id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES pipeline_review_items (id), model TEXT NOT NULL,
            drafted INTEGER NOT NULL, evidence TEXT NOT NULL, text TEXT NOT NULL, cited TEXT NOT NULL
        ) STRICT;
        CREATE INDEX pipeline_drafts_item ON pipeline_drafts (item);
        CREATE TABLE pipeline_signatures (
            id INTEGER PRIMARY KEY REFERENCES pipeline_decisions (id), draft INTEGER NOT NULL REFERENCES pipeline_drafts (id),
            edited INTEGER NOT NULL
        ) STRICT;
        """
}
