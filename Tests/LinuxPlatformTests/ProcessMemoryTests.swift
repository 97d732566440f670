import LinuxPlatform
import Testing

@Suite struct ProcessMemoryTests {
    @Test func the_peak_is_read_in_bytes() {
        #expect(ProcessMemory.peak(inStatus: "Name:\tx\nVmPeak:\t 900 kB\nVmHWM:\t   1234 kB\n") == 1234 * 1024)
        #expect(ProcessMemory.peak(inStatus: "Name:\tx\n") == nil)
    }

    @Test func this_process_has_one() throws {
        let peak = try #require(ProcessMemory.peak)
        #expect(peak > 1 << 20)
    }
}
