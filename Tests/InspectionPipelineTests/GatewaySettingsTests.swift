import InspectionDomain
import InspectionPipeline
import Testing

@Suite struct GatewaySettingsTests {
    private func read(_ section: String) throws -> GatewaySettings? {
        try Configuration.parse("gateway:\n  \(section)\n", file: "/etc/i.yaml").gateway
    }

    private func problem(_ section: String) -> String {
        let error = #expect(throws: ConfigurationErrors.self) { _ = try read(section) }
        return error?.description ?? ""
    }

    @Test func a_list_is_short_for_the_command_alone() throws {
        var settings = CommandSettings(program: "/bin/x", arguments: ["--station", "4"])
        #expect(
            try read("exec: [/bin/x, --station, '4']")?.sinks == [SinkSettings(name: "exec", kind: .command(settings))])
        settings.timeout = .seconds(5)
        let long = try read("exec: {command: [/bin/x, --station, '4'], timeout: 5s, lines: [a], verdicts: [error]}")
        let filter = RecordFilter(lines: ["a"], verdicts: [.error])
        #expect(long?.sinks == [SinkSettings(name: "exec", kind: .command(settings), filter: filter)])
    }

    @Test func sinks_need_names_of_their_own() throws {
        #expect(problem("webhook: [{url: 'http://a/'}, {url: 'http://b/'}]").contains("the name 'webhook' is taken"))
        let sinks = try read("webhook: [{url: 'http://a/'}, {name: second, url: 'http://b/'}]")?.sinks
        #expect(sinks?.map(\.name) == ["webhook", "second"])
    }

    @Test func what_cannot_be_used_is_named_with_its_place() {
        #expect(problem("exec: []").contains("i.yaml:2: gateway.exec: expected [program, arguments]"))
        #expect(problem("exec: [x]").contains("absolute path"))
        #expect(problem("exec: {timeout: 5s}").contains("the key 'command' is missing"))
        #expect(problem("exec: {command: [/x], timeout: 2m}").contains("at most 60 s"))
        #expect(problem("webhook: [{}]").contains("gateway.webhook[0]: the key 'url' is missing"))
        #expect(problem("webhook: [{url: 'ftp://a/'}]").contains("expected a URL"))
        #expect(problem("webhook: [{url: 'https://me:pw@a/'}]").contains("no user and no password"))
        #expect(problem("webhook: [{url: 'http://a/', ca: /x.pem}]").contains("is for https"))
        #expect(problem("webhook: [{url: 'http://a/', lines: []}]").contains("lets nothing through"))
        #expect(problem("webhook: [{url: 'http://a/', verdicts: [bad]}]").contains("normal, anomalous or error"))
        for secret in ["hush-1234", "1234", "'credential:'", "'credential:../x'", "[hush]"] {
            let text = problem("webhook: [{url: 'http://a/', secret: \(secret)}]")
            #expect(text.contains("gateway.webhook[0].secret: expected credential:NAME"))
            #expect(!text.contains("hush") && !text.contains("1234"), "\(text)")
        }
    }
}
