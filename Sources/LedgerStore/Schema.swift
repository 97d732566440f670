import GRDB

/// The ledger's tables, version by version. Every SQL statement of the project is in this target.
enum Schema {
    static let migrator: DatabaseMigrator = {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    -- One row per inspected frame: the commit point of its life.
                    CREATE TABLE inspection (
                        id TEXT PRIMARY KEY NOT NULL,
                        line TEXT NOT NULL,
                        created_at REAL NOT NULL,
                        verdict TEXT NOT NULL,
                        image_score REAL,
                        image_threshold REAL,
                        p_value REAL,
                        image_path TEXT NOT NULL,
                        image_sha256 TEXT,
                        model TEXT,
                        model_version INTEGER,
                        calibration TEXT,
                        error_code TEXT,
                        error_message TEXT,
                        milliseconds REAL NOT NULL,
                        result_path TEXT NOT NULL,
                        record TEXT NOT NULL
                    ) STRICT;
                    CREATE INDEX inspection_by_time ON inspection (created_at);
                    CREATE INDEX inspection_by_line_and_time ON inspection (line, created_at);

                    -- Alerts still to be delivered; written in the same transaction as their inspection.
                    CREATE TABLE outbox (
                        id TEXT PRIMARY KEY NOT NULL,
                        created_at REAL NOT NULL,
                        alert TEXT NOT NULL
                    ) STRICT;
                    """)
        }
        migrator.registerMigration("2") { database in
            try database.execute(
                sql: """
                    -- Calibrations whose promise does not hold any more, found by watching frames called normal.
                    CREATE TABLE expired_calibration (
                        line TEXT NOT NULL,
                        calibration TEXT NOT NULL,
                        since REAL NOT NULL,
                        noticed_at REAL NOT NULL,
                        direction TEXT NOT NULL,
                        PRIMARY KEY (line, calibration)
                    ) STRICT;
                    """)
        }
        return migrator
    }()
}
