import Foundation
import InspectionPipeline
import SampleFrames

/// The files of a demonstration and their paths.
struct DemoFolder {
    let root: String

    /// A marker: the folder is a demonstration's and may be filled again.
    private var marker: String { root + "/.inspectd-demo" }
    var configurationFile: String { root + "/inspectd.yaml" }
    var logFile: String { root + "/inspectd.log" }
    var summaryFile: String { root + "/summary.json" }
    func watched(_ product: SampleProduct) -> String { "\(root)/cameras/\(product.rawValue)" }
    func pictures(_ product: SampleProduct) -> String { "\(root)/pictures/\(product.rawValue)" }

    init(_ path: String) {
        root = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Creates the folder; removes an earlier demonstration's content and nothing else.
    func prepare() throws {
        let files = FileManager.default
        let found = (try? files.contentsOfDirectory(atPath: root)) ?? []
        guard found.isEmpty || files.fileExists(atPath: marker) else {
            throw ProgramError(
                .usage,
                "\(root) is neither empty nor the folder of an earlier demonstration; give another: inspectctl demo DIR"
            )
        }
        for name in ["cameras", "pictures", "state", "spool", "inspectd.yaml", "inspectd.log", "summary.json"]
        where files.fileExists(atPath: "\(root)/\(name)") {
            try files.removeItem(atPath: "\(root)/\(name)")
        }
        for product in SampleProduct.allCases {
            try files.createDirectory(atPath: watched(product), withIntermediateDirectories: true)
        }
        try Output.write(Data(), to: marker)
    }

    /// Two lines, one per product.
    func writeConfiguration(rate: Double) throws -> Configuration {
        var text = """
            # Written by `inspectctl demo`. Paths are relative to this file.
            state: state
            spool: spool
            workers: auto
            lines:

            """
        for product in SampleProduct.allCases {
            text += """
                  - name: \(product.rawValue)
                    watch: cameras/\(product.rawValue)
                    false_alarm_rate: \(rate)
                    after: archive
                    overlay: always

                """
        }
        try Output.write(Data(text.utf8), to: configurationFile)
        return try Configuration.load(path: configurationFile)
    }
}
