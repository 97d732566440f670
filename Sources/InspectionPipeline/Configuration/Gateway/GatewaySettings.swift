import InspectionDomain

/// The section `gateway` of `inspectd.yaml`: where `inspectd-gateway` delivers records to. `inspectd` reads it for its
/// retention alone, and opens no connection.
package struct GatewaySettings: Sendable, Equatable {
    /// The folder of the gateway's memory and report.
    package var state = "/var/lib/inspectd-gateway"
    /// How much longer than their age retention keeps records that a sink has not had.
    package var hold = Duration.seconds(7 * 86_400)
    /// In the order of the file; their names are unique.
    package var sinks: [SinkSettings] = []

    package init() {}

    package var storePath: String { state + "/gateway.sqlite" }
}

/// One receiver of records.
package struct SinkSettings: Sendable, Equatable {
    /// The kinds of sinks, each with its own settings. A new kind is one case here, its reader beside this file, and its
    /// folder in DeliverySinks.
    package enum Kind: Sendable, Equatable {
        case command(CommandSettings)
        case webhook(WebhookSettings)
    }

    /// Names the sink in status, messages and the gateway's memory.
    package var name: String
    package var kind: Kind
    package var filter = RecordFilter()

    package init(name: String, kind: Kind, filter: RecordFilter = RecordFilter()) {
        (self.name, self.kind, self.filter) = (name, kind, filter)
    }
}

/// The records that a sink wants; nil means all.
package struct RecordFilter: Sendable, Equatable {
    package var lines: Set<String>?
    package var verdicts: Set<Verdict>?

    package init(lines: Set<String>? = nil, verdicts: Set<Verdict>? = nil) {
        (self.lines, self.verdicts) = (lines, verdicts)
    }

    package func admits(line: String) -> Bool { lines?.contains(line) ?? true }
}

/// The name of a secret that systemd hands to the service (`LoadCredential=`). The secret itself is never part of the
/// configuration, so nothing that prints a configuration can show it.
package struct CredentialName: Sendable, Equatable {
    package static let allowed = "credential:NAME, where LoadCredential= of the unit names NAME and its file"
    package let name: String

    /// Nil for anything but `credential:` and a name.
    package init?(_ text: String) {
        let prefix = "credential:"
        guard text.hasPrefix(prefix), Identifier.isValid(String(text.dropFirst(prefix.count))) else { return nil }
        name = String(text.dropFirst(prefix.count))
    }
}
