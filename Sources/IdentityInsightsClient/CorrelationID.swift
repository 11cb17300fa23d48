/// An id a server gave: short, and of characters ids are made of, so that an echoed value cannot pass for one.
struct CorrelationID {
    let text: String

    /// Longest id taken, in bytes.
    static let maximumLength = 64

    init?(received: String) {
        let isIDByte: (UInt8) -> Bool = { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard !received.isEmpty, received.utf8.count <= Self.maximumLength, received.utf8.allSatisfy(isIDByte) else {
            return nil
        }
        text = received
    }
}
