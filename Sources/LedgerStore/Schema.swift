import GRDB

/// The ledger's tables, version by version. Every SQL statement of the project is in this target.
enum Schema {
    /// Creates the tables, or migrates an earlier version's.
    ///
    /// GRDB trusts SQLite's list of tables and crashes the process on one that holds a value that is not text; and in a
    /// damaged file the creation of a table can overwrite that list. So both are checked first.
    static func migrate(_ database: any DatabaseWriter) throws {
        try database.read(checkList)
        guard try !database.read(migrator.hasCompletedMigrations) else { return }
        try database.read(checkIntegrity)
        try migrator.migrate(database)
    }

    /// - Throws: `DatabaseError` that names the first damage SQLite finds.
    static func checkIntegrity(_ database: Database) throws {
        let findings = try String.fetchAll(database, sql: "PRAGMA integrity_check(1)")
        guard findings == ["ok"] else { throw damage(findings.joined(separator: "; ")) }
    }

    /// - Throws: `DatabaseError` when the list of tables holds values that SQLite never writes there.
    static func checkList(_ database: Database) throws {
        let isDamaged = try Bool.fetchOne(
            database,
            sql: """
                SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE typeof(type) <> 'text' OR typeof(name) <> 'text'
                    OR typeof(tbl_name) <> 'text' OR typeof(sql) NOT IN ('text', 'null'))
                """)
        guard isDamaged == false else { throw damage("the list of tables is damaged") }
    }

    private static func damage(_ message: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: message)
    }

    private static let migrator: DatabaseMigrator = {
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
        migrator.registerMigration("3") { database in
            try database.execute(
                sql: """
                    -- The order in which inspections were recorded, for readers that continue where they stopped. A
                    -- number is never given twice, whatever is removed, and VACUUM keeps it (a rowid it does not).
                    CREATE TABLE recording (
                        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                        id TEXT NOT NULL UNIQUE,
                        line TEXT NOT NULL,
                        -- 1 for a record that was restored from its result on disk.
                        is_restored INTEGER NOT NULL DEFAULT 0
                    ) STRICT;
                    CREATE INDEX recording_by_line ON recording (line, sequence);
                    INSERT INTO recording (id, line) SELECT id, line FROM inspection ORDER BY created_at, rowid;
                    CREATE TRIGGER inspection_recorded AFTER INSERT ON inspection BEGIN
                        INSERT INTO recording (id, line) VALUES (NEW.id, NEW.line);
                    END;
                    CREATE TRIGGER inspection_forgotten AFTER DELETE ON inspection BEGIN
                        DELETE FROM recording WHERE id = OLD.id;
                    END;

                    -- Tells this ledger from another one that takes its place: its sequence numbers mean other records.
                    CREATE TABLE ledger_identity (id TEXT NOT NULL) STRICT;
                    INSERT INTO ledger_identity VALUES (lower(hex(randomblob(16))));
                    """)
        }
        migrator.registerMigration("4") { database in
            try database.execute(
                sql: """
                    -- A record has two kilobytes: what counts a day's millions reads the index alone.
                    DROP INDEX inspection_by_time;
                    CREATE INDEX inspection_by_time ON inspection (created_at, line, verdict);
                    -- The few that are looked for among the many. Used where the query has the same condition.
                    CREATE INDEX inspection_not_normal ON inspection (verdict, created_at) WHERE verdict <> 'normal';
                    """)
        }
        return migrator
    }()
}
