import COpenBLAS
import Foundation
import Testing

@Suite struct BLASKernelsTests {
    /// The library knows processors by their numbers, and takes the slowest kernels for those that came after it.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil))
    func openblas_uses_the_instructions_that_the_processor_has() throws {
        let flags = Set(try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).split { $0 == " " || $0 == "\n" })
        let kernels = String(cString: openblas_get_corename())
        let wide = ["SkylakeX", "Cooperlake", "SapphireRapids"]
        if flags.isSuperset(of: ["avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"]) {
            #expect(wide.contains(kernels))
        } else if flags.isSuperset(of: ["avx2", "fma"]) {
            #expect((wide + ["Haswell", "Zen"]).contains(kernels))
        } else {
            #expect(!kernels.isEmpty)
        }
    }
}
