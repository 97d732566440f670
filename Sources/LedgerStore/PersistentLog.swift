import GRDB
import GRDBSQLite

extension Database {
    /// Keeps the `-wal` and `-shm` files when the last connection closes.
    ///
    /// Without them SQLite has to create them again, so a user who may only read the folder could not read a database
    /// whose writer is stopped.
    /// - Throws: `DatabaseError`.
    func keepLogFiles() throws {
        var on: Int32 = 1
        let code = sqlite3_file_control(sqliteConnection, nil, SQLITE_FCNTL_PERSIST_WAL, &on)
        guard code == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: code)) }
    }
}
