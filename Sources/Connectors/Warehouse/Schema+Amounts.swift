extension WarehouseSchema {
    /// The number that a decision states besides its outcome, such as what a buyer orders instead; `unit` is the job's word for it.
    static let amounts = """
        CREATE TABLE pipeline_amounts (
            id INTEGER PRIMARY KEY REFERENCES pipeline_decisions (id), amount REAL NOT NULL, unit TEXT NOT NULL
        ) STRICT;
        """
}
