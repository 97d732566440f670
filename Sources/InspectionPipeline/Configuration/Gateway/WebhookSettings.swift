import Foundation

/// An entry of `webhook`: a URL that each record is posted to.
package struct WebhookSettings: Sendable, Equatable {
    package var url: String
    /// Signs each message.
    package var secret: CredentialName?
    /// A file of certificates that the server's must be signed with, instead of the system's.
    package var authorities: String?
    /// For a whole exchange, from connecting to the end of the answer.
    package var timeout = Duration.seconds(10)

    package init(url: String) { self.url = url }

    /// The URL without its query, which may hold a secret.
    package var place: String { String(url.prefix { $0 != "?" && $0 != "#" }) }
}

extension SinkSettings {
    static func webhook(_ place: YAMLCursor, folder: URL) -> SinkSettings? {
        guard let entries = place.entries(allowed: Configuration.keyNames(.webhook)) else { return nil }
        guard let address = entries["url"] else {
            place.report("the key 'url' is missing; every webhook needs one")
            return nil
        }
        guard let text = address.text() else { return nil }
        guard let url = URL(string: text), ["http", "https"].contains(url.scheme ?? ""), url.host?.isEmpty == false
        else {
            address.report("expected a URL such as https://host/path, got \(address.found)")
            return nil
        }
        guard url.user == nil, url.password == nil else {
            address.report("a URL must hold no user and no password; sign messages with secret: credential:NAME")
            return nil
        }
        var settings = WebhookSettings(url: text)
        settings.secret = entries["secret"]?.credential()
        settings.authorities = entries["ca"]?.path(relativeTo: folder)
        if settings.authorities != nil, url.scheme == "http" {
            entries["ca"]?.report("is for https, but the URL begins with http:")
        }
        if let timeout = entries["timeout"]?.sinkTimeout() { settings.timeout = timeout }
        return SinkSettings(
            name: entries["name"]?.identifier() ?? "webhook", kind: .webhook(settings), filter: RecordFilter(entries))
    }
}
