import InspectionDomain

extension Configuration {
    private static let gatewayDefaults = GatewaySettings()

    /// The keys of the section `gateway` and of its sinks.
    static let gatewayKeys: [ConfigurationKey] =
        [
            ConfigurationKey(
                .gateway, "state", "folder", standard: gatewayDefaults.state,
                "The gateway's memory: positions of its sinks, dead letters.", example: "/var/lib/inspectd-gateway"),
            ConfigurationKey(
                .gateway, "hold", "duration", standard: Quantity.text(gatewayDefaults.hold),
                "How much longer than its age retention keeps a record that a sink has not had.", example: "14d"),
            ConfigurationKey(
                .gateway, "exec", "list or keys", standard: "none", "A program of one's own: see below.",
                example: "[/usr/local/bin/reject]"),
            ConfigurationKey(
                .gateway, "webhook", "list of keys", standard: "none", "URLs that records are posted to: see below.",
                example: "[]"),

            name(.command, "exec"),
            ConfigurationKey(
                .command, "command", "list of texts", standard: nil,
                "The program's absolute path and its arguments; there is no shell.",
                example: "[/usr/local/bin/reject, --station, \"4\"]"),
            timeout(.command, CommandSettings(program: "/").timeout),
        ] + filter(.command) + [
            name(.webhook, "webhook"),
            ConfigurationKey(
                .webhook, "url", "URL", standard: nil, allowed: "http or https, without a password",
                "The address that receives a POST for each record.", example: "https://mes.example.com/inspections"),
            ConfigurationKey(
                .webhook, "secret", "credential", standard: "none: messages are not signed",
                allowed: "`credential:NAME`",
                "The key of the HMAC-SHA-256 signature; `LoadCredential=` of the unit names its file.",
                example: "credential:hook"),
            ConfigurationKey(
                .webhook, "ca", "file", standard: "the system's authorities",
                "PEM certificates of the authorities that the server's certificate must come from.",
                example: "/etc/inspectd/plant-ca.pem"),
            timeout(.webhook, WebhookSettings(url: "").timeout),
        ] + filter(.webhook)

    private static func name(_ section: ConfigurationKey.Section, _ standard: String) -> ConfigurationKey {
        ConfigurationKey(
            section, "name", "name", standard: "`\(standard)`", allowed: Identifier.allowed,
            "Names the sink in `inspectctl sinks`, status and messages.", example: "mes-\(standard)")
    }

    private static func timeout(_ section: ConfigurationKey.Section, _ standard: Duration) -> ConfigurationKey {
        ConfigurationKey(
            section, "timeout", "duration", standard: Quantity.text(standard), allowed: "0.1 s to 60 s",
            "The time that one delivery may take.", example: "5s")
    }

    private static func filter(_ section: ConfigurationKey.Section) -> [ConfigurationKey] {
        [
            ConfigurationKey(
                section, "lines", "list of names", standard: "all", "The only lines whose records are sent.",
                example: "[plate]"),
            ConfigurationKey(
                section, "verdicts", "list of verdicts", standard: "all", allowed: "`normal`, `anomalous`, `error`",
                "The only verdicts that are sent.", example: "[anomalous, error]"),
        ]
    }
}
