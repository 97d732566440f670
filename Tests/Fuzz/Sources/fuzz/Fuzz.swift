import Foundation
import Imaging
import InspectionDomain
import InspectionPipeline
import LedgerStore
import NeuralNets

/// What `INSPECTD_FUZZ` names: a reader of bytes that strangers give. Each may refuse in its own error, and nothing else: no
/// crash, no leak, no hang, and no memory beyond what its limits allow.
private let readers: [String: @Sendable (Data) -> Void] = [
    "picture": { data in _ = try? Frame.decode(data, limits: DecodeLimits(maxPixels: 1 << 20)) },
    "weights": { data in
        guard let file = try? WeightFile.parse(data, name: "fuzz") else { return }
        for tensor in file.tensors.values { _ = tensor.floats() }
    },
    "configuration": { data in
        _ = try? Configuration.parse(String(decoding: data, as: UTF8.self), file: "/etc/inspectd/fuzz.yaml")
    },
    "result": { data in
        guard let inspection = try? DomainJSON.decoder().decode(Inspection.self, from: data) else { return }
        _ = try? DomainJSON.encoder().encode(inspection)
        _ = try? DomainJSON.decoder().decode(Alert.self, from: data)
    },
    "ledger": { data in
        let path = "/tmp/inspectd-fuzz-\(getpid()).sqlite"
        defer { for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) } }
        guard (try? data.write(to: URL(fileURLWithPath: path))) != nil, let ledger = try? Ledger(path: path) else {
            return
        }
        _ = try? ledger.history()
        _ = try? ledger.summaries(since: .distantPast)
        _ = try? ledger.pendingAlerts()
    },
]

private let reader = readers[ProcessInfo.processInfo.environment["INSPECTD_FUZZ"] ?? ""]

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let reader else { fatalError("INSPECTD_FUZZ must name one of \(readers.keys.sorted())") }
    reader(Data(UnsafeRawBufferPointer(start: bytes, count: count)))
    return 0
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>

/// libFuzzer's own entrance for programs that have a `main`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The name under which the package manager links an executable's `main`.
@_cdecl("fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    var (count, arguments) = (count, arguments)
    return runFuzzer(&count, &arguments) { fuzz($0, $1) }
}
