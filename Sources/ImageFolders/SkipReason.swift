import LinuxPlatform

/// The reason why an entry of a folder is not an image.
package enum SkipReason: String, Sendable, Codable, CaseIterable {
    /// The name begins with a dot.
    case hidden
    /// A folder or file that a storage device or an operating system keeps for itself: `@eaDir`, `lost+found`,
    /// `Thumbs.db`.
    case system
    /// The name says that a program is still writing: `.part`, `.filepart`, `.crdownload`.
    case inTheMaking = "in-the-making"
    /// Matches a pattern of `ignore:`, or none of `only:`.
    case ignored
    /// Not an image by name or content: `.xml`, `.json`, `.md5`.
    case noImage = "no-image"
    /// A symbolic link where links are not followed, or one that leads to no file.
    case link
    /// A socket, pipe or device.
    case odd
    /// A folder or file that this user may not read.
    case unreadable

    /// The words after a count: "3 hidden".
    package var words: String {
        switch self {
        case .hidden: "hidden"
        case .system: "system files or folders"
        case .inTheMaking: "still being written, by name"
        case .ignored: "excluded by only/ignore patterns"
        case .noImage: "not an image by name or content"
        case .link: "links not followed"
        case .odd: "sockets, pipes or devices"
        case .unreadable: "not readable"
        }
    }
}

/// Counts of skipped entries, with examples for each reason.
package struct SkippedCounts: Sendable, Equatable {
    /// The number of paths kept for each reason.
    package static let exampleLimit = 3

    package struct Tally: Sendable, Equatable {
        package fileprivate(set) var count = 0
        /// The first ones, in order of names.
        package fileprivate(set) var examples: [RawPath] = []
    }

    package private(set) var tallies: [SkipReason: Tally] = [:]

    package init() {}

    mutating func add(_ reason: SkipReason, _ path: RawPath) {
        tallies[reason, default: Tally()].count += 1
        guard tallies[reason]!.examples.count < Self.exampleLimit else { return }
        tallies[reason]!.examples.append(path)
    }

    /// Adds the counts of another folder.
    package mutating func add(_ other: SkippedCounts) {
        for (reason, tally) in other.tallies {
            tallies[reason, default: Tally()].count += tally.count
            let room = Self.exampleLimit - tallies[reason]!.examples.count
            tallies[reason]!.examples += tally.examples.prefix(max(0, room))
        }
    }

    package subscript(reason: SkipReason) -> Int { tallies[reason]?.count ?? 0 }

    package var total: Int { tallies.values.reduce(0) { $0 + $1.count } }
    package var isEmpty: Bool { tallies.isEmpty }

    /// Counts by the reasons' stable words, for JSON.
    package var byName: [String: Int] {
        Dictionary(uniqueKeysWithValues: tallies.map { ($0.key.rawValue, $0.value.count) })
    }

    /// "3 hidden, 8 not an image by name or content (part.xml, part.md5, …)"; empty without any.
    package var text: String {
        SkipReason.allCases.compactMap { reason -> String? in
            guard let tally = tallies[reason] else { return nil }
            let names = tally.examples.map(\.name.description) + (tally.count > tally.examples.count ? ["…"] : [])
            return "\(tally.count) \(reason.words) (\(names.joined(separator: ", ")))"
        }.joined(separator: ", ")
    }
}
