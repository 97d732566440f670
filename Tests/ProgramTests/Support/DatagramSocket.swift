import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// A socket of the test's own, in the place of one of systemd's.
final class DatagramSocket {
    struct Failed: Error {
        let call: String
        let code: Int32
    }

    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(call: "socket", code: errno) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Failed(call: "path", code: 0) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failed(call: "bind", code: errno) }
    }

    deinit {
        close(descriptor)
        unlink(path)
    }

    /// The datagrams that have come since the last call.
    func received() -> [Data] {
        var datagrams: [Data] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return datagrams }
            datagrams.append(Data(buffer[..<count]))
        }
    }
}
