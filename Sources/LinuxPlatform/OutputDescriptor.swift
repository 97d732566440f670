import Glibc

/// A descriptor that text is written to, such as standard error.
public struct OutputDescriptor: Sendable {
    public static let standardError = OutputDescriptor(STDERR_FILENO)

    private let descriptor: Int32

    /// - Parameter descriptor: stays open as long as anybody writes to it.
    public init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Whether somebody reads it on a terminal.
    public var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Writes with one call, so that lines of several threads do not mix. What cannot be written is lost.
    public func write(_ bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
