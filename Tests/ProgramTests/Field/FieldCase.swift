import Foundation
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

/// A situation from the field: something that a camera, a share, a machine or a person does, tried on the real
/// programs.
struct FieldCase: Sendable {
    /// A case's requirements of the machine besides the programs.
    enum Need: String, Sendable {
        case root = "root"
        case otherFileSystem = "/dev/shm on another file system"
        case setpriv = "setpriv"
        case faketime = "faketime"

        var isMet: Bool {
            switch self {
            case .root: getuid() == 0
            case .otherFileSystem: ProgramTests.Arrivals.hasOtherFileSystem
            case .setpriv: access("/usr/bin/setpriv", X_OK) == 0
            case .faketime: FieldCase.libfaketime != nil
            }
        }
    }

    /// The case went wrong; says what happened.
    struct Wrong: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    let situation: String
    /// The right outcome.
    let right: String
    let needs: [Need]
    /// The actual outcome, in a few words.
    /// - Throws: `Wrong`, or what made the trial impossible.
    let run: @Sendable () throws -> String

    init(
        _ situation: String, right: String, needs: [Need] = [], _ run: @escaping @Sendable () throws -> String
    ) {
        (self.situation, self.right, self.needs, self.run) = (situation, right, needs, run)
    }

    /// Needs that the machine does not meet.
    var missing: [Need] { needs.filter { !$0.isMet } }

    static func expect(_ condition: Bool, _ happened: @autoclosure () throws -> String) throws {
        guard condition else { throw Wrong(try happened()) }
    }

    /// Every case, in the order of the table.
    static let all = learning + pictures + arriving + disk + measuring + operating
}
