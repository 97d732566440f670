import Foundation
import HostileInput

private let format: HostileFormat = {
    let name = ProcessInfo.processInfo.environment["INSPECTD_FUZZ"] ?? ""
    guard let format = HostileFormat(rawValue: name) else {
        fatalError("INSPECTD_FUZZ must name one of \(HostileFormat.allCases.map(\.rawValue))")
    }
    return format
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    format.read(Data(UnsafeRawBufferPointer(start: bytes, count: count)))
    return 0
}

/// libFuzzer calls this, where it exists, in place of its own mutations.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int, _ seed: CUnsignedInt) -> Int {
    let buffer = UnsafeMutableBufferPointer(start: bytes, count: room)
    guard let framing = format.framing else { return mutateBytes(bytes, count, room) }
    var mutation = FramedMutation(seed: UInt64(seed))
    return mutation.mutate(buffer, count: count, as: framing)
}

/// libFuzzer's own mutations: bits, bytes, numbers, words of the dictionary, pieces of other inputs.
@_silgen_name("LLVMFuzzerMutate")
func mutateBytes(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ room: Int) -> Int

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
