import Foundation

/// An IPv4 or IPv6 address in text form, as `inet_pton` reads it (RFC 3986 dotted decimal, RFC 4291 §2.2).
enum IPAddressLiteral {
    /// The longest form: `INET6_ADDRSTRLEN` without its closing NUL.
    private static let greatestLength = 45

    static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
        // A NUL would end the text for inet_pton and hide what follows it.
        guard (2...greatestLength).contains(value.count), !value.contains(0) else { return false }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: value.count + 1) { text in
            for (index, byte) in value.enumerated() { text[index] = CChar(bitPattern: byte) }
            text[value.count] = 0
            return isAddress(text.baseAddress)
        }
    }

    private static func isAddress(_ text: UnsafePointer<CChar>?) -> Bool {
        guard let text else { return false }
        var address = in6_addr()  // Room enough for either family.
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }
}
