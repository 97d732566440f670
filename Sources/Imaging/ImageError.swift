import CImageShims

/// Why an image cannot be read or written, in words for an operator.
package struct ImageError: Error, Equatable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable, CaseIterable {
        /// The data ends before the image does.
        case truncated
        /// The data contradicts its format: a wrong checksum, an impossible size, a marker where pixels belong.
        case corrupt
        /// Intact perhaps, but nothing that is read here.
        case unsupported
        /// More pixels than the limit allows.
        case tooLarge = "too-large"
        /// No data at all.
        case empty
        /// The machine could not give the memory; may succeed later.
        case noMemory = "no-memory"
    }

    package let code: Code
    /// A sentence: what was expected, what was found, what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}

extension ImageError {
    /// Turns what a shim reported into an error; nil when it succeeded.
    init?(_ error: cis_error, whileReading format: PictureFormat) {
        guard let code = Code(error.code) else { return nil }
        let reason = Self.text(of: error)
        let message =
            switch code {
            case .truncated:
                "the \(format.name) is truncated: \(reason); was it still being written, or its transfer cut short? Let the "
                    + "camera write to its end, under another name, and rename the file then"
            case .corrupt: "the \(format.name) is corrupt: \(reason); take or transfer the picture again"
            case .unsupported: "this \(format.name) is not supported: \(reason); \(format.remedy)"
            case .tooLarge: "the \(format.name) is too large: \(reason)"
            case .empty: "the \(format.name) is empty"
            case .noMemory: "the \(format.name) could not be read for lack of memory: \(reason)"
            }
        self.init(code, message)
    }

    /// The same for an encoder.
    init?(_ error: cis_error, whileWriting format: PictureFormat) {
        guard let code = Code(error.code) else { return nil }
        self.init(code, "the picture could not be encoded as \(format.name): \(Self.text(of: error))")
    }

    private static func text(of error: cis_error) -> String {
        withUnsafePointer(to: error) { String(cString: cis_message($0)) }
    }
}

extension PictureFormat {
    /// What to set on a camera that writes an unsupported kind.
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
