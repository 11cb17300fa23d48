/// A keystore's password; no password at all is not the same as an empty one.
enum KeystorePassword {
    case none
    case text(String)

    /// Whether it is written the same in every encoding.
    var isASCII: Bool {
        switch self {
        case .none: true
        case .text(let text): text.utf8.allSatisfy { $0 < 0x80 }
        }
    }

    /// Gives the zero-terminated UTF-8, or NULL, and its length without the zero.
    func withBytes<Result>(_ body: (UnsafePointer<CChar>?, Int32) throws -> Result) rethrows -> Result {
        switch self {
        case .none: try body(nil, 0)
        case .text(let text): try text.withCString { try body($0, Int32(clamping: text.utf8.count)) }
        }
    }
}
