import CImageShims

/// The reason why an image cannot be read or written, as a message for an operator.
package struct ImageError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable, CaseIterable {
        /// The data ends before the image does.
        case truncated
        /// The data contradicts its format: a wrong checksum, an impossible size, a marker where pixels belong.
        case corrupt
        /// Possibly intact, but of an unsupported format or kind.
        case unsupported
        /// More pixels than the limit allows.
        case tooLarge = "too-large"
        /// No data at all.
        case empty
        /// The machine could not give the memory; may succeed later.
        case noMemory = "no-memory"
    }

    package let code: Code
    /// A sentence: expectation, finding and remedy.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

extension ImageError {
    /// Turns a shim's report into an error; nil for success.
    init?(_ error: cis_error, whileReading format: ImageFormat) {
        guard let code = Code(error.code) else { return nil }
        let reason = Self.text(of: error)
        let message =
            switch code {
            case .truncated:
                "the \(format.name) is truncated: \(reason); it was still being written, or its transfer was cut short; let the "
                    + "camera write under another name and rename the complete file"
            case .corrupt: "the \(format.name) is corrupt: \(reason); take or transfer the image again"
            case .unsupported: "this \(format.name) is not supported: \(reason); \(format.remedy)"
            case .tooLarge: "the \(format.name) is too large: \(reason)"
            case .empty: "the \(format.name) is empty"
            case .noMemory: "the \(format.name) could not be read for lack of memory: \(reason)"
            }
        self.init(code, message)
    }

    /// The same for an encoder.
    init?(_ error: cis_error, whileWriting format: ImageFormat) {
        guard let code = Code(error.code) else { return nil }
        self.init(code, "the image could not be encoded as \(format.name): \(Self.text(of: error))")
    }

    private static func text(of error: cis_error) -> String {
        withUnsafePointer(to: error) { String(cString: cis_message($0)) }
    }
}

extension ImageFormat {
    /// The setting for a camera that writes an unsupported kind.
    fileprivate var remedy: String {
        switch self {
        case .jpeg: "set the camera to baseline or progressive JPEG with 8 bits per sample, or to PNG"
        case .png: "set the camera to plain PNG without such additions, or to JPEG"
        }
    }
}

extension ImageError.Code {
    fileprivate init?(_ code: cis_code) {
        switch code {
        case CIS_OK: return nil
        case CIS_TRUNCATED: self = .truncated
        case CIS_UNSUPPORTED: self = .unsupported
        case CIS_TOO_LARGE: self = .tooLarge
        case CIS_EMPTY: self = .empty
        case CIS_NO_MEMORY: self = .noMemory
        default: self = .corrupt
        }
    }
}
