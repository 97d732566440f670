import AsyncHTTPClient
import Delivery
import Foundation
import InspectionDomain
import InspectionPipeline
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// Posts each record to a URL.
///
/// A status of 2xx acknowledges the message, whatever becomes of the answer's body. Transport errors, 408, 429 and 5xx are
/// retried. Every other status refuses it for good, redirects included: the record would go to an address that nobody
/// configured.
final class WebhookSink: Sink {
    let concurrency = 8
    let timeLimit: Duration
    private let settings: WebhookSettings
    private let signature: WebhookSignature?
    private let client: WebhookClient

    /// - Throws: `ProgramError` for a credential or certificates that cannot be read.
    init(_ settings: WebhookSettings, _ surroundings: SinkSurroundings) throws {
        self.settings = settings
        timeLimit = settings.timeout
        signature = try settings.secret.map { WebhookSignature(key: try surroundings.credentials.secret($0)) }
        client = WebhookClient(try Self.configuration(settings))
    }

    private static func configuration(_ settings: WebhookSettings) throws -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let file = settings.authorities {
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
            } catch {
                throw ProgramError(
                    .configuration, "the certificates \(file.printable) cannot be read: \(error); give a PEM file")
            }
        }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        // The lane tries again by itself, and tells why.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .nanoseconds(settings.timeout.inNanoseconds)
        return configuration
    }

    /// The start of an answer's body that is read: enough to say why, and to use the connection again.
    private static let largestAnswer = 64 << 10
    private static let longestAnswer = Duration.seconds(1)

    func deliver(_ message: OutgoingMessage) async -> DeliveryOutcome {
        do {
            let response = try await client.current().execute(
                request(message), deadline: .now() + .nanoseconds(settings.timeout.inNanoseconds))
            let answer = await Self.start(of: response.body)
            return outcome(response, answer)
        } catch {
            return .failed("\(settings.place): \(Self.words(error, settings.timeout))")
        }
    }

    func run() async throws {
        await untilCancelled()
        await client.close()
    }

    private func request(_ message: OutgoingMessage) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: settings.url)
        request.method = .POST
        request.headers = [
            "Content-Type": "application/json", "User-Agent": "inspectd-gateway/\(programVersion)",
            "Idempotency-Key": message.id,
        ]
        if let signature {
            request.headers.add(name: WebhookSignature.header, value: signature.value(for: message.json, at: Date()))
        }
        request.body = .bytes(ByteBuffer(string: message.json))
        return request
    }

    /// The start of the answer; empty when it does not come soon. Leaving the rest unread closes the connection.
    private static func start(of body: HTTPClientResponse.Body) async -> String {
        await Delivery.outcome(within: longestAnswer) {
            (try? await body.collect(upTo: largestAnswer)).map { String(buffer: $0) }
        }.flatMap { $0 } ?? ""
    }

    private func outcome(_ response: HTTPClientResponse, _ answer: String) -> DeliveryOutcome {
        let status = response.status
        if (200..<300).contains(status.code) { return .delivered }
        let said = answer.isEmpty ? "" : ": \(answer.prefix(200).description.printable)"
        let reason = "\(settings.place) answered \(status.code) \(status.reasonPhrase.printable)\(said)"
        if status.code >= 500 || status == .requestTimeout || status == .tooManyRequests {
            return .failed(
                reason,
                retryAfter: response.headers.first(name: "Retry-After").flatMap { RetryAfter.pause($0, now: Date()) })
        }
        let remedy = (300..<400).contains(status.code) ? "; redirects are not followed: give the final address" : ""
        return .refused(reason + remedy)
    }

    /// The transport's error in words.
    private static func words(_ error: any Error, _ timeout: Duration) -> String {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            "no answer within \(timeout.inSeconds) s"
        case let error as HTTPClientError where error == .connectTimeout: "no connection within \(timeout.inSeconds) s"
        case let error as HTTPClientError: error.shortDescription
        case is CancellationError: "stopped"
        default: "\(error)".printable
        }
    }
}

extension Duration {
    fileprivate var inNanoseconds: Int64 { Int64(inSeconds * 1e9) }
}

/// The HTTP client, made at the first use, so that a sink that is only checked opens nothing.
private final class WebhookClient: Sendable {
    private struct State {
        var client: HTTPClient?
        var isClosed = false
    }

    private let configuration: HTTPClient.Configuration
    private let state = Mutex(State())

    init(_ configuration: HTTPClient.Configuration) { self.configuration = configuration }

    deinit {
        // A client must be shut down before it goes.
        if let client = state.withLock({ $0.client }) { client.shutdown { _ in } }
    }

    /// - Throws: `HTTPClientError.alreadyShutdown` after `close`.
    func current() throws -> HTTPClient {
        try state.withLock { state in
            if state.isClosed { throw HTTPClientError.alreadyShutdown }
            if let client = state.client { return client }
            let client = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
            state.client = client
            return client
        }
    }

    /// Ends exchanges that are under way, and closes all connections.
    func close() async {
        let client = state.withLock { state -> HTTPClient? in
            state.isClosed = true
            defer { state.client = nil }
            return state.client
        }
        try? await client?.shutdown()
    }
}
