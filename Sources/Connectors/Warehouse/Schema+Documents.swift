extension WarehouseSchema {
    /// What answers may rest on. Append-only: a newer version of a document takes the place of the older from its first day on, for those who ask
    /// as of a time at which it was known. The full-text index is made with the first document, since not every SQLite has FTS5.
    static let documents = """
        CREATE TABLE pipeline_documents (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL, version INTEGER NOT NULL, source TEXT NOT NULL, digest TEXT NOT NULL,
            valid_from INTEGER NOT NULL, valid_to INTEGER, known INTEGER NOT NULL, actor TEXT NOT NULL, passages INTEGER NOT NULL,
            UNIQUE (name, version)
        ) STRICT;
        CREATE TABLE pipeline_passages (
            id INTEGER PRIMARY KEY, document INTEGER NOT NULL REFERENCES pipeline_documents (id), number INTEGER NOT NULL,
            text TEXT NOT NULL, terms INTEGER NOT NULL,
            UNIQUE (document, number)
        ) STRICT;
        -- `vector`: `dimensions` IEEE singles, little-endian, of length 1.
        CREATE TABLE pipeline_passage_vectors (
            model TEXT NOT NULL, passage INTEGER NOT NULL REFERENCES pipeline_passages (id), dimensions INTEGER NOT NULL, vector BLOB NOT NULL,
            PRIMARY KEY (model, passage)
        ) STRICT, WITHOUT ROWID;
        """

    /// Terms in hexadecimal, so that no tokenizer cuts them and no text is syntax; without the text itself, which stands in its own table.
    package static let passageIndex = """
        CREATE VIRTUAL TABLE IF NOT EXISTS pipeline_passage_terms USING fts5 (terms, content = '', tokenize = 'ascii');
        CREATE VIRTUAL TABLE IF NOT EXISTS pipeline_passage_instances USING fts5vocab (pipeline_passage_terms, instance);
        """
}
