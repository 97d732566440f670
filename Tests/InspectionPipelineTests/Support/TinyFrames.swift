import Foundation
import Imaging

/// Small images of a striped part under varying light, quick to draw and to fit on.
enum TinyFrames {
    static let width = 96
    static let height = 80

    /// - Parameter defect: whether a bright blot is on the part.
    static func frame(_ seed: UInt64, defect: Bool = false) -> Frame {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func random() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 33) / Double(1 << 31)
        }
        let light = 0.9 + 0.2 * random()
        let shift = 6.28 * random()
        let blot = (x: 20 + 50 * random(), y: 20 + 40 * random())
        var pixels: [UInt8] = []
        pixels.reserveCapacity(width * height * 3)
        for y in 0..<height {
            for x in 0..<width {
                let stripes = 120 + 50 * sin(Double(x) / 4 + shift) + 16 * random()
                let distance = pow(Double(x) - blot.x, 2) + pow(Double(y) - blot.y, 2)
                let spot = defect && distance < 120 ? 110.0 : 0
                for tint in [1.0, 0.9, 0.8] {
                    pixels.append(UInt8(min(255, max(0, stripes * light * tint + spot))))
                }
            }
        }
        return Frame(width: width, height: height, channels: 3, samples: .eight(pixels))
    }

    static func jpeg(_ seed: UInt64, defect: Bool = false) throws -> Data {
        try frame(seed, defect: defect).encodedJPEG(quality: 92)
    }

    /// Writes flawless frames `part-000.jpg`, … and returns the folder's path.
    @discardableResult
    static func write(_ count: Int, from first: UInt64 = 0, to folder: URL) throws -> String {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for index in 0..<count {
            let name = "part-" + String(format: "%03d", index) + ".jpg"
            try jpeg(first + UInt64(index)).write(to: folder.appendingPathComponent(name))
        }
        return folder.path
    }
}
