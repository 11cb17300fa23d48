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

/// The form of `user.account.signupTime`: `YYYY-MM-DD HH:MM`, a time that exists, in UTC.
enum SignupTime {
    static func isValid(_ value: UnsafeRawBufferPointer) -> Bool {
        guard value.count == 16, hasSeparators(value),
            let year = number(value[0..<4]), let month = number(value[5..<7]), let day = number(value[8..<10]),
            let hour = number(value[11..<13]), let minute = number(value[14..<16])
        else { return false }
        return (1...12).contains(month) && day >= 1 && day <= days(inMonth: month, of: year) && hour < 24 && minute < 60
    }

    private static func hasSeparators(_ value: UnsafeRawBufferPointer) -> Bool {
        value[4] == UInt8(ascii: "-") && value[7] == UInt8(ascii: "-") && value[10] == UInt8(ascii: " ")
            && value[13] == UInt8(ascii: ":")
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int? {
        var number = 0
        for byte in digits {
            guard TextPattern.isDigit(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }

    private static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
