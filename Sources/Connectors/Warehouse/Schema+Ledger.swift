extension WarehouseSchema {
    /// Calls to language models: reserved before they are made, settled when their answer came. Money in billionths of a US dollar, energy in
    /// micro-watt-hours; prompts are masked before they get here.
    static let ledger = """
        CREATE TABLE pipeline_ledger (
            id INTEGER PRIMARY KEY, key TEXT NOT NULL, budget TEXT NOT NULL, owner TEXT NOT NULL,
            model TEXT NOT NULL, destination TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'failed', 'lost')),
            reserved_money INTEGER NOT NULL, reserved_tokens INTEGER NOT NULL, reserved_energy INTEGER NOT NULL,
            used_money INTEGER NOT NULL DEFAULT 0, used_tokens INTEGER NOT NULL DEFAULT 0, used_energy INTEGER NOT NULL DEFAULT 0,
            reserved_at INTEGER NOT NULL, settled_at INTEGER,
            prompt TEXT NOT NULL, answer TEXT, failure TEXT NOT NULL DEFAULT '', duplicate INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX pipeline_ledger_key ON pipeline_ledger (key, state);
        CREATE INDEX pipeline_ledger_budget ON pipeline_ledger (budget, state);
        -- What is settled once stays: the same question has one answer.
        CREATE UNIQUE INDEX pipeline_ledger_settled ON pipeline_ledger (key) WHERE state = 'settled';
        """
}
