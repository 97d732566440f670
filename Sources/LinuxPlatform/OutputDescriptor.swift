import Glibc

/// A descriptor that text is written to, such as standard error.
package struct OutputDescriptor: Sendable {
    package static let standardError = OutputDescriptor(STDERR_FILENO)

    private let descriptor: Int32

    /// - Parameter descriptor: stays open as long as it is in use.
    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Whether it is a terminal.
    package var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes with one call, so that lines of several threads do not mix. A failed write is lost.
    package func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
