import Foundation

extension Configuration.Workers {
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Frames computed side by side.
    var count: Int {
        switch self {
        case .auto: Self.cores
        case .count(let count): count
        }
    }

    /// Frames between claim and archive at a time. A frame's syncs take about as long as its computing on a good disk
    /// and several times as long on a poor one.
    var framesInWork: Int { 4 * count }
}
