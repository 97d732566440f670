import Crypto
import Foundation

/// The identity of a file's content.
package enum ContentDigest {
    /// The SHA-256 in lower-case hex.
    package static func sha256(of data: Data) -> String {
        SHA256.hash(data: data).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
