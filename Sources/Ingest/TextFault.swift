/// The first byte of a file that cannot stand in text.
struct TextFault: Sendable, Equatable {
    enum Kind: Sendable {
        case nul
        case notUTF8
    }

    let kind: Kind
    /// Offset in bytes from the beginning of what was checked.
    let offset: Int

    var rule: String {
        switch kind {
        case .nul: "has a NUL byte, so it is not text; save as CSV UTF-8"
        case .notUTF8: "is not UTF-8 (perhaps Windows-1252 or Latin-1); save as CSV UTF-8"
        }
    }
}
