import Foundation

/// The reference numbers: the folder `INSPECTD_GOLDEN` names, else the copy under Tests/Fixtures.
package enum GoldenFolder {
    package static let url: URL =
        if let path = ProcessInfo.processInfo.environment["INSPECTD_GOLDEN"], !path.isEmpty {
            URL(fileURLWithPath: path)
        } else {
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Fixtures/golden")
        }
}
