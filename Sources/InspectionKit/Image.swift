import Foundation
import Imaging
import LinuxPlatform

/// A decoded camera image (JPEG or PNG, 8 or 16 bits).
///
/// Orientation (EXIF) is applied and transparency is composed over black, as the daemon does. Hostile files are
/// refused: decoding never needs more memory than the limit of 100 megapixels allows.
public struct Image: Sendable {
    let frame: Frame
    /// Where the image came from; nil for bytes.
    public let url: URL?

    /// - Throws: `InspectionKitError` for a file that cannot be read or decoded.
    public init(contentsOf url: URL) throws {
        let data: Data
        do {
            data = try FileSystem().read(RawPath(url.path), followsLinks: true)
        } catch {
            throw InspectionKitError("cannot read \(url.path): \(error)")
        }
        try self.init(data, url: url)
    }

    /// - Parameter data: a whole JPEG or PNG file.
    /// - Throws: `InspectionKitError` for bytes that cannot be decoded.
    public init(data: Data) throws { try self.init(data, url: nil) }

    private init(_ data: Data, url: URL?) throws {
        do {
            frame = try Frame.decode(data)
        } catch {
            throw InspectionKitError("cannot decode \(url?.path ?? "the image"): \(error.message)")
        }
        self.url = url
    }

    /// Pixels.
    public var width: Int { frame.width }
    /// Pixels.
    public var height: Int { frame.height }
    /// 1 for grey, 3 for RGB.
    public var channels: Int { frame.channels }
    /// Of the file's samples: 8 or 16.
    public var bitDepth: Int { frame.bitDepth }
    /// Remarks on an untidy file whose pixels are unaffected.
    public var remarks: [String] { frame.remarks }
}

/// An error of the kit: the problem and its remedy, in a sentence.
public struct InspectionKitError: Error, Sendable, CustomStringConvertible {
    public let message: String
    public var description: String { message }

    init(_ message: String) { self.message = message }

    /// Runs `body` and gives every error the kit's shape.
    static func wrapping<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as InspectionKitError {
            throw error
        } catch {
            throw InspectionKitError("\(error)")
        }
    }
}
