import Foundation

/// A JPEG's header taken apart into its segments, to be altered and put together again; the data from the first scan on
/// as it is.
struct EditableJPEG {
    struct Segment {
        /// The second byte of its marker.
        var marker: UInt8
        var content: [UInt8]
        /// Written instead of the right one.
        var wrongLength: Int?
        /// Stray bytes before its marker.
        var strays: [UInt8] = []
    }

    /// From after the start marker up to the first scan's header.
    var header: [Segment] = []
    /// From the first scan's data to before the end marker.
    var scanData: [UInt8] = []

    init(_ data: Data) {
        let bytes = [UInt8](data)
        var at = 2
        repeat {
            let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
            header.append(Segment(marker: bytes[at + 1], content: Array(bytes[(at + 4)..<(at + 2 + length)])))
            at += 2 + length
        } while header.last?.marker != 0xDA
        scanData = Array(bytes[at...].dropLast(2))
    }

    var data: Data { withoutEnd + [0xFF, 0xD9] }

    var withoutEnd: Data {
        var data = Data([0xFF, 0xD8])
        for segment in header {
            let length = segment.wrongLength ?? segment.content.count + 2
            data.append(contentsOf: segment.strays + [0xFF, segment.marker])
            data.append(contentsOf: [UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF)] + segment.content)
        }
        return data + scanData
    }

    func index(of marker: UInt8) -> Int? { header.firstIndex { $0.marker == marker } }

    /// The frame's height in the start-of-frame segment.
    mutating func setHeight(_ height: Int) {
        guard let frame = index(of: 0xC0) else { return }
        header[frame].content.replaceSubrange(1...2, with: [UInt8(height >> 8), UInt8(height & 0xFF)])
    }
}
