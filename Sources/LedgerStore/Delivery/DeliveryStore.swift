import Foundation
import GRDB
import InspectionDomain

/// The gateway's memory, `gateway.sqlite`: how far each sink has got, what could not be delivered, and what operators
/// asked for.
///
/// Commits are not synced: after a power cut the latest positions may be missing, and their messages are sent again with
/// the same ids. The gateway and `inspectctl` write it side by side, so every change of a position names the position
/// that it replaces, and changes nothing when another one is there.
package final class DeliveryStore: Sendable {
    package let path: String
    private let database: any DatabaseWriter

    /// Opens, and makes or migrates when needed.
    ///
    /// - Parameter readOnly: opens an existing store, and changes nothing.
    /// - Throws: `DeliveryStoreError`.
    package init(path: String, readOnly: Bool = false) throws {
        self.path = path
        var configuration = GRDB.Configuration()
        configuration.busyMode = .timeout(10)
        configuration.readonly = readOnly
        configuration.prepareDatabase { database in
            if !readOnly { try database.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL") }
            try database.keepLogFiles()
        }
        database = try Self.explaining(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            if !readOnly { try DeliverySchema.migrator.migrate(queue) }
            return queue
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.explaining(path) { try database.read(body) }
    }

    func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try Self.explaining(path) { try database.write(body) }
    }

    private static func explaining<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw DeliveryStoreError(path: path, reason: error.message ?? "\(error.resultCode)")
        } catch let error as RowDecodingError {
            throw DeliveryStoreError(path: path, reason: "a row is damaged: \(error)")
        } catch let error as DecodingError {
            throw DeliveryStoreError(path: path, reason: "a row is damaged: \(error)")
        }
    }
}

/// The gateway's memory cannot be used.
package struct DeliveryStoreError: Error, Sendable, CustomStringConvertible {
    package let path: String
    package let reason: String

    package var description: String {
        "the gateway's memory \(path): \(reason); if it is damaged, stop inspectd-gateway and move the file away: every sink "
            + "then starts at the newest record"
    }
}

/// What became of a record.
package enum DeliveryResult: Sendable, Equatable {
    case delivered
    /// The sink does not want it.
    case passedOver
    /// Refused for good, for this reason.
    case dead(String)
}
