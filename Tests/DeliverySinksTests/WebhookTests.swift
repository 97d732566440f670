import Crypto
import Delivery
import DeliverySinks
import Foundation
import InspectionPipeline
import TestSupport
import Testing

@Suite struct WebhookTests {
    /// Delivers one message to a server.
    private func deliver(
        _ script: @escaping HostileServer.Script, timeout: Duration = .seconds(20)
    ) async throws -> (DeliveryOutcome, [HostileServer.Request]) {
        let server = try HostileServer(script)
        defer { server.stop() }
        var settings = WebhookSettings(url: server.url)
        settings.timeout = timeout
        let sink = try MadeSink.make(.webhook(settings)), message = try MadeSink.message()
        let outcome = try await MadeSink.with(sink) { await sink.deliver(message) }
        return (outcome, server.requests)
    }

    @Test func the_message_is_posted_with_its_id_as_the_idempotency_key() async throws {
        let (outcome, requests) = try await deliver { _, _ in HostileServer.answer("204 No Content") }
        let request = try #require(requests.first)
        #expect(outcome == .delivered && requests.count == 1)
        #expect(request.head.hasPrefix("POST /hook?token=hidden HTTP/1.1\r\n"))
        #expect(request.header("Content-Type") == "application/json")
        #expect(request.header("Inspectd-Signature") == nil)
        let object = try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? [String: Any]
        #expect(object?["result_id"] as? String == request.header("Idempotency-Key"))
    }

    @Test(arguments: ["500 Internal Server Error", "503 Service Unavailable", "408 Request Timeout"])
    func a_status_that_may_pass_is_retried(status: String) async throws {
        let (outcome, _) = try await deliver { _, _ in HostileServer.answer(status, body: "no disk left") }
        guard case .failed(let reason, nil) = outcome else { return wrong("\(outcome)") }
        #expect(reason.contains(status) && reason.contains("no disk left"))
        #expect(!reason.contains("hidden"), "the query may hold a secret")
    }

    @Test func a_receiver_that_asks_for_time_gets_it() async throws {
        for status in ["429 Too Many Requests", "503 Service Unavailable"] {
            let (outcome, _) = try await deliver { _, _ in HostileServer.answer(status, "Retry-After: 7\r\n") }
            guard case .failed(_, .some(.seconds(7))) = outcome else { return wrong("\(outcome)") }
        }
    }

    @Test(arguments: ["400 Bad Request", "401 Unauthorized", "404 Not Found", "410 Gone", "422 Unprocessable Entity"])
    func a_status_that_does_not_pass_is_final(status: String) async throws {
        let (outcome, _) = try await deliver { _, _ in HostileServer.answer(status) }
        guard case .refused(let reason) = outcome else { return wrong("\(outcome)") }
        #expect(reason.contains(status))
    }

    @Test func a_redirect_is_not_followed() async throws {
        let other = try HostileServer { _, _ in HostileServer.answer("200 OK") }
        defer { other.stop() }
        let port = other.port
        for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
            let (outcome, _) = try await deliver { _, _ in
                HostileServer.answer(status, "Location: http://127.0.0.1:\(port)/\r\n")
            }
            guard case .refused(let reason) = outcome else { return wrong("\(outcome)") }
            #expect(reason.contains("redirects are not followed"))
        }
        #expect(other.requests.isEmpty)
    }

    @Test(arguments: [
        [HostileServer.Step.hang], [.close], [.write("HTTP/1.1 200"), .close],
        [.write("HTTP/1.1 200 OK\r\nX: "), .hang],
        [.drip("HTTP/1.1 200 OK\r\nX-Slow: " + String(repeating: "x", count: 5000))],
        [.write("not HTTP at all\r\n\r\n"), .close],
        [.write("HTTP/1.1 500 No\r\nContent-Length: 100\r\n\r\nhalf"), .close],
        [.write("HTTP/1.1 500 No\r\nContent-Length: 9999999999\r\n\r\n"), .hang],
        [.write("HTTP/1.1 500 No\r\nContent-Length: 9999999999\r\n\r\n"), .flood(64 << 20), .close],
    ])
    func an_answer_that_does_not_come_whole_is_retried(steps: [HostileServer.Step]) async throws {
        let (outcome, _) = try await deliver({ _, _ in steps }, timeout: .seconds(2))
        guard case .failed = outcome else { return wrong("\(outcome)") }
    }

    /// The status line is the acknowledgement: sending such a message again would only be a duplicate.
    @Test(arguments: [
        [HostileServer.Step.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), .close],
        [.write("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"), .hang],
        [.write("HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"), .flood(64 << 20), .close],
        [.write("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"), .drip(String(repeating: "x", count: 5000))],
    ])
    func an_acknowledgement_holds_whatever_becomes_of_its_body(steps: [HostileServer.Step]) async throws {
        let (outcome, _) = try await deliver { _, _ in steps }
        #expect(outcome == .delivered)
    }

    @Test func nobody_at_the_address_is_retried() async throws {
        let server = try HostileServer { _, _ in [.close] }
        server.stop()
        let sink = try MadeSink.make(.webhook(WebhookSettings(url: server.url))), message = try MadeSink.message()
        let outcome = try await MadeSink.with(sink) { await sink.deliver(message) }
        guard case .failed(let reason, nil) = outcome else { return wrong("\(outcome)") }
        #expect(!reason.contains("hidden"))
    }

    @Test func the_next_message_arrives_after_a_broken_connection() async throws {
        let server = try HostileServer { _, number in
            number % 2 == 1 ? [.write("HTTP/1.1 500 No\r\nContent-Le"), .close] : HostileServer.answer("200 OK")
        }
        defer { server.stop() }
        let sink = try MadeSink.make(.webhook(WebhookSettings(url: server.url))), message = try MadeSink.message()
        try await MadeSink.with(sink) {
            for number in 0..<6 {
                let outcome = await sink.deliver(message)
                #expect((outcome == .delivered) == (number % 2 == 1), "\(number): \(outcome)")
            }
        }
    }

    @Test func a_cancelled_delivery_ends() async throws {
        let server = try HostileServer { _, _ in [.hang] }
        defer { server.stop() }
        let sink = try MadeSink.make(.webhook(WebhookSettings(url: server.url))), message = try MadeSink.message()
        try await MadeSink.with(sink) {
            let delivery = Task { await sink.deliver(message) }
            while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
            delivery.cancel()
            guard case .failed = await delivery.value else { return wrong("it was not delivered") }
        }
    }

    @Test func a_receiver_can_check_the_signature() async throws {
        try await withTemporaryFolder { folder in
            try Data("the secret\n".utf8).write(to: folder.appendingPathComponent("hook"))
            let server = try HostileServer { _, _ in HostileServer.answer("200 OK") }
            defer { server.stop() }
            var settings = WebhookSettings(url: server.url)
            settings.secret = CredentialName("credential:hook")
            let sink = try MadeSink.make(.webhook(settings), credentials: Credentials(folder: folder.path))
            let message = try MadeSink.message()
            #expect(try await MadeSink.with(sink) { await sink.deliver(message) } == .delivered)
            let request = try #require(server.requests.first)
            let parts = try #require(request.header("Inspectd-Signature")).split(separator: ",")
            let time = try #require(parts.first?.dropFirst(2))
            #expect(abs(Date().timeIntervalSince1970 - (Double(time) ?? 0)) < 300)
            let code = HMAC<SHA256>.authenticationCode(
                for: Data("\(time).\(request.body)".utf8), using: SymmetricKey(data: Data("the secret".utf8)))
            #expect(parts.last.map(String.init) == "v1=" + code.map { String(format: "%02x", $0) }.joined())
        }
    }

    @Test func a_missing_credential_names_the_remedy_and_a_secret_shows_nowhere() throws {
        var settings = WebhookSettings(url: "https://host/")
        settings.secret = CredentialName("credential:hook")
        let error = #expect(throws: ProgramError.self) { _ = try MadeSink.make(.webhook(settings)) }
        #expect(error?.message.contains("LoadCredential=hook:") == true && error?.status == .configuration)
        let secret = Secret(Data("hush".utf8))
        #expect(!"\(secret) \(String(reflecting: secret))".contains("hush"))
    }

    @Test func certificates_that_cannot_be_read_are_told_before_anything_is_sent() throws {
        var settings = WebhookSettings(url: "https://host/")
        settings.authorities = "/there/is/no.pem"
        let error = #expect(throws: ProgramError.self) { _ = try MadeSink.make(.webhook(settings)) }
        #expect(error?.message.contains("/there/is/no.pem") == true)
    }
}
