import Foundation
import Imaging
import TestSupport

/// A decoder of the distribution (djpeg of libjpeg, pngtopnm of Netpbm), which `make test` installs.
struct ReferenceTool {
    static let djpeg = ReferenceTool("djpeg", ["-pnm"])
    static let cjpeg = ReferenceTool("cjpeg", ["-arithmetic", "-quality", "90"])
    static let pngtopnm = ReferenceTool("pngtopnm", [])
    static let areInstalled = [djpeg, cjpeg, pngtopnm].allSatisfy {
        FileManager.default.isExecutableFile(atPath: $0.path)
    }

    struct Output {
        let status: Int32
        let data: Data
        /// Warnings and errors.
        let messages: String
    }

    var isForJPEG: Bool { path.hasSuffix("djpeg") }

    private let path: String
    private let options: [String]

    private init(_ name: String, _ options: [String]) {
        path = "/usr/bin/\(name)"
        self.options = options
    }

    func run(on data: Data) throws -> Output {
        try withTemporaryFolder { folder in
            let input = folder.appendingPathComponent("input"), errors = folder.appendingPathComponent("errors")
            try data.write(to: input)
            try Data().write(to: errors)
            let process = Process(), output = Pipe()
            process.executableURL = URL(fileURLWithPath: path)
            process.arguments = options + [input.path]
            process.standardOutput = output
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            let data = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            let messages = String(decoding: try Data(contentsOf: errors), as: UTF8.self)
            return Output(status: process.terminationStatus, data: data, messages: messages)
        }
    }

    /// The samples behind a binary PGM's or PPM's header of three numbers, as `Frame.integers` gives them.
    static func samples(of pnm: Data) -> [Int]? {
        var numbers: [Int] = []
        var at = pnm.startIndex + 2
        while numbers.count < 3 {
            while at < pnm.endIndex, pnm[at] <= 0x20 { at += 1 }
            let digits = pnm[at...].prefix { $0 > 0x20 }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else { return nil }
            numbers.append(number)
            at = digits.endIndex
        }
        let bytes = [UInt8](pnm[(at + 1)...])
        guard numbers[2] > 255 else { return bytes.map(Int.init) }
        return stride(from: 0, to: bytes.count - 1, by: 2).map { Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]) }
    }

    /// A frame as a binary PNM, for cjpeg.
    static func pnm(of frame: Frame) -> Data {
        Data("P\(frame.channels == 1 ? 5 : 6)\n\(frame.width) \(frame.height)\n255\n".utf8)
            + Data(frame.integers.map { UInt8($0) })
    }
}
