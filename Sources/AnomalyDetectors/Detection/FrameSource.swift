import Foundation
import Imaging

/// Pictures to fit, calibrate or test on, decoded when they are needed.
public struct FrameSource: Sendable {
    /// In a fixed order: sorted by path.
    public let paths: [String]

    /// A picture that cannot be used.
    public struct Unreadable: Error, Sendable, CustomStringConvertible {
        public let path: String
        public let reason: String
        public var description: String {
            "cannot use the picture \(path): \(reason); remove it from the folder, or replace it"
        }
    }

    /// No pictures where some were expected.
    public struct Empty: Error, Sendable, CustomStringConvertible {
        public let folders: [String]
        public var description: String {
            "no pictures (*.jpg, *.jpeg, *.png) in \(folders.joined(separator: ", ")); give a folder of flawless pictures"
        }
    }

    public init(paths: [String]) { self.paths = paths }

    /// Every JPEG and PNG below the folders, by name.
    /// - Throws: `Empty`.
    public init(folders: [String]) throws {
        var paths: [String] = []
        for folder in folders { paths += Self.pictures(in: folder) }
        guard !paths.isEmpty else { throw Empty(folders: folders) }
        self.paths = paths.sorted()
    }

    public var count: Int { paths.count }

    /// - Throws: `Unreadable`.
    public func frame(_ index: Int) throws -> Frame {
        let path = paths[index]
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw Unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
        do {
            return try Frame.decode(data)
        } catch {
            throw Unreadable(path: path, reason: error.message)
        }
    }

    public static func isPicture(_ name: String) -> Bool {
        let lower = name.lowercased()
        return !name.hasPrefix(".") && [".jpg", ".jpeg", ".png"].contains { lower.hasSuffix($0) }
    }

    private static func pictures(in folder: String) -> [String] {
        guard let names = FileManager.default.enumerator(atPath: folder) else { return [] }
        return names.compactMap { $0 as? String }
            .filter { isPicture(($0 as NSString).lastPathComponent) }
            .map { "\(folder)/\($0)" }
    }
}
