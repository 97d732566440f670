import Crypto
import Delivery
import Foundation

/// Proves to the receiver that a message is from the gateway, is unchanged, and is not an old one that somebody sends
/// again: HMAC-SHA-256 over the time stamp, a dot and the body, with a secret that both know.
///
/// `Inspectd-Signature: t=1769847330,v1=5f0c…` — the time in seconds since 1970, the code in lower-case hex.
package struct WebhookSignature: Sendable {
    package static let header = "Inspectd-Signature"
    private let key: Secret

    package init(key: Secret) { self.key = key }

    /// The header's value.
    package func value(for body: String, at date: Date) -> String {
        let time = Int(date.timeIntervalSince1970)
        var code = HMAC<SHA256>(key: SymmetricKey(data: key.bytes))
        code.update(data: Data("\(time).".utf8))
        code.update(data: Data(body.utf8))
        let hex = code.finalize().map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "t=\(time),v1=\(hex.joined())"
    }
}
