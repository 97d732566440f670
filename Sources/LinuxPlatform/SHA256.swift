import Crypto
import Foundation

/// Content identity.
public enum SHA256 {
    /// Lower-case hex of the data's SHA-256.
    public static func hex(of data: Data) -> String {
        Crypto.SHA256.hash(data: data).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
