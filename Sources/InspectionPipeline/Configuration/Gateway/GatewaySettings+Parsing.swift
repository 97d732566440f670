import Foundation
import InspectionDomain

extension GatewaySettings {
    /// Nil when the section is no mapping (and reported).
    init?(_ section: YAMLCursor, folder: URL) {
        guard let entries = section.entries(allowed: Configuration.keyNames(.gateway)) else { return nil }
        if let value = entries["state"]?.path(relativeTo: folder) { state = value }
        if let value = entries["hold"]?.duration(atLeast: .zero) { hold = value }
        var read: [(sink: SinkSettings, place: YAMLCursor)] = []
        func add(_ sink: SinkSettings?, _ place: YAMLCursor) { if let sink { read.append((sink, place)) } }
        if let place = entries["exec"] { add(SinkSettings.command(place), place) }
        for place in entries["webhook"]?.items() ?? [] { add(SinkSettings.webhook(place, folder: folder), place) }
        sinks = read.map(\.sink)
        for (index, later) in read.enumerated()
        where read[..<index].contains(where: { $0.sink.name == later.sink.name }) {
            later.place.report(
                "the name '\(later.sink.name)' is taken by another sink; give each a name of its own (name: …), by which the "
                    + "gateway remembers how far it has got")
        }
    }
}

extension RecordFilter {
    /// The keys `lines` and `verdicts`, which every sink has.
    init(_ entries: [String: YAMLCursor]) {
        self.init(
            lines: entries["lines"]?.items().map { Set($0.compactMap { $0.identifier() }) },
            verdicts: entries["verdicts"]?.items().map { Set($0.compactMap { $0.choice(Verdict.self) }) })
        for key in ["lines", "verdicts"] where entries[key]?.node.sequence?.isEmpty == true {
            entries[key]?.report("an empty list lets nothing through; leave the key out for all")
        }
    }
}

extension YAMLCursor {
    /// The time limit of one delivery.
    func sinkTimeout() -> Duration? {
        guard let value = duration(atLeast: .milliseconds(100)) else { return nil }
        guard value <= .seconds(60) else {
            report("expected at most 60 s, got \(node.scalar?.string ?? "")")
            return nil
        }
        return value
    }

    func credential() -> CredentialName? {
        // The value is not printed: it may be a secret that somebody wrote here by mistake.
        guard let credential = node.scalar.flatMap({ CredentialName($0.string) }) else {
            report("expected \(CredentialName.allowed); a secret must not be written here")
            return nil
        }
        return credential
    }
}
