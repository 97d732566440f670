import GRDB

/// The tables of `gateway.sqlite`.
enum DeliverySchema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    -- One row per sink that was ever configured.
                    CREATE TABLE sink (
                        name TEXT PRIMARY KEY NOT NULL,
                        -- The ledger whose numbers the positions are.
                        ledger TEXT NOT NULL,
                        -- The position of lines that have no row of their own in `cursor`.
                        start INTEGER NOT NULL,
                        floor REAL NOT NULL,
                        floor_end INTEGER NOT NULL,
                        added_at REAL NOT NULL,
                        delivered INTEGER NOT NULL DEFAULT 0,
                        retried INTEGER NOT NULL DEFAULT 0,
                        last_delivered_at REAL,
                        last_error TEXT,
                        last_error_at REAL
                    ) STRICT;

                    -- Where a sink stands in a line's order of recording; written after the receiver's acknowledgement.
                    CREATE TABLE cursor (
                        sink TEXT NOT NULL,
                        line TEXT NOT NULL,
                        sequence INTEGER NOT NULL,
                        id TEXT,
                        -- When the record with that number was made.
                        made_at REAL NOT NULL,
                        floor REAL NOT NULL,
                        floor_end INTEGER NOT NULL,
                        PRIMARY KEY (sink, line)
                    ) STRICT;

                    -- Messages that the receiver refused for good.
                    CREATE TABLE dead_letter (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        sink TEXT NOT NULL,
                        line TEXT NOT NULL,
                        id TEXT NOT NULL,
                        verdict TEXT,
                        made_at REAL NOT NULL,
                        result_path TEXT NOT NULL,
                        -- The message's JSON; null for a record that was damaged.
                        json TEXT,
                        reason TEXT NOT NULL,
                        died_at REAL NOT NULL,
                        -- 1 once an operator asked to send it again.
                        is_retried INTEGER NOT NULL DEFAULT 0,
                        UNIQUE (sink, id)
                    ) STRICT;
                    CREATE INDEX dead_letter_by_line ON dead_letter (sink, line, is_retried, number);

                    -- Requests of `inspectctl sinks test`, and their outcomes.
                    CREATE TABLE test_request (
                        number INTEGER PRIMARY KEY AUTOINCREMENT,
                        sink TEXT NOT NULL,
                        asked_at REAL NOT NULL,
                        is_delivered INTEGER,
                        outcome TEXT
                    ) STRICT;
                    """)
        }
        return migrator
    }()
}
