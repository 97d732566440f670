import Foundation
import Glibc
import Synchronization

/// An HTTP server of a few lines that misbehaves as told: it writes exactly the bytes of a script, and pauses and closes
/// where the script says.
final class HostileServer: Sendable {
    /// A request as it came.
    struct Request: Sendable {
        let head: String
        let body: String

        func header(_ name: String) -> String? {
            let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
        }
    }

    enum Step: Sendable {
        case write(String)
        /// Writes bytes until the client leaves, at most this many.
        case flood(Int)
        /// Writes one byte after the other with pauses until the client leaves.
        case drip(String)
        /// Says nothing more until the client leaves.
        case hang
        case close
        /// Leaves the connection open for the next request.
        case next
    }

    static func answer(_ status: String, _ headers: String = "", body: String = "") -> [Step] {
        [.write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"), .next]
    }

    typealias Script = @Sendable (_ request: Request, _ number: Int) -> [Step]

    private let listener: Int32
    let port: UInt16
    private let script: Script
    private let state = Mutex<(requests: [Request], connections: Set<Int32>)>(([], []))

    /// - Parameter script: the answer to a request; requests count from 1.
    init(_ script: @escaping Script) throws {
        self.script = script
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 16) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard isBound else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        port = UInt16(bigEndian: address.sin_port)
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                state.withLock { _ = $0.connections.insert(connection) }
                Thread.detachNewThread { self.serve(connection) }
            }
        }
    }

    /// Ends all connections, and takes no more.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        for connection in state.withLock({ $0.connections }) { shutdown(connection, Int32(SHUT_RDWR)) }
    }

    var url: String { "http://127.0.0.1:\(port)/hook?token=hidden" }
    var requests: [Request] { state.withLock { $0.requests } }

    private func serve(_ connection: Int32) {
        defer {
            state.withLock { _ = $0.connections.remove(connection) }
            close(connection)
        }
        while let request = read(connection) {
            let number = state.withLock { state in
                state.requests.append(request)
                return state.requests.count
            }
            for step in script(request, number) where !perform(step, connection) { return }
        }
    }

    /// - Returns: false when the connection is to be closed.
    private func perform(_ step: Step, _ connection: Int32) -> Bool {
        switch step {
        case .write(let text): return write(text, connection)
        case .flood(let count):
            let part = String(repeating: "x", count: 1 << 16)
            for _ in 0..<(count >> 16) where !write(part, connection) { return false }
            return true
        case .drip(let text):
            for byte in text {
                guard write(String(byte), connection) else { return false }
                usleep(20_000)
            }
            return true
        case .hang:
            var byte: UInt8 = 0
            return recv(connection, &byte, 1, 0) > 0
        case .close: return false
        case .next: return true
        }
    }

    private func write(_ text: String, _ connection: Int32) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            bytes = bytes.dropFirst(count)
        }
        return true
    }

    private func read(_ connection: Int32) -> Request? {
        var data = Data(), buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            if let end = data.firstRange(of: Data("\r\n\r\n".utf8)) {
                let head = Request(head: String(decoding: data[..<end.lowerBound], as: UTF8.self), body: "")
                let length = head.header("Content-Length").flatMap { Int($0) } ?? 0
                if data.count >= end.upperBound + length {
                    let body = data[end.upperBound..<(end.upperBound + length)]
                    return Request(head: head.head, body: String(decoding: body, as: UTF8.self))
                }
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            data.append(contentsOf: buffer[..<count])
        }
    }
}
