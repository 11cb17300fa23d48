import Foundation

/// A made-up file of accounts: twelve columns, one row in ten with a quoted cell, none of them alike.
struct SampleAccounts {
    static let columns = [
        "account_id", "signup_time", "name", "email", "phone_number", "phone_country", "street_line1", "city", "state",
        "postal_code", "country", "ip",
    ]

    private static let givenNames = ["John", "Mary", "Aiko", "Søren", "Zoë", "Liam", "Noah", "Emma", "Olga", "Ivan"]
    private static let familyNames = ["Smith", "Müller", "Tanaka", "Jones", "Brown", "García", "Lee", "Novak"]
    private static let streets = ["Main St", "Willow Dr", "Oak Ave", "High Street", "Elm Road"]
    private static let cities = ["Houston", "Boston", "Tulsa", "Madison", "Leeds", "Omaha"]
    private static let portion = 1 << 20

    private var random = SampleRandom()

    /// Writes a file with so many rows; the same number gives the same file.
    static func write(_ rows: Int, to path: String) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
        else { throw BenchmarkError("\(path): cannot be written") }
        var (accounts, text) = (SampleAccounts(), columns.joined(separator: ",") + "\n")
        for row in 0..<rows {
            text += accounts.row(row)
            guard text.utf8.count > portion else { continue }
            try file.write(contentsOf: Data(text.utf8))
            text = ""
        }
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    private mutating func row(_ number: Int) -> String {
        let phone = 2_000_000 + random.below(7_999_999)
        return "ACC-\(number),\(signupTime()),\(random.one(of: Self.givenNames)) \(random.one(of: Self.familyNames)),"
            + "user\(number)@example.com,+1555\(phone),US,\(street()),\(random.one(of: Self.cities)),TX,"
            + "\(10_000 + random.below(89_999)),US,203.0.113.\(1 + random.below(254))\n"
    }

    private mutating func signupTime() -> String {
        let (month, day, hour, minute) = (random.below(12), random.below(28), random.below(24), random.below(60))
        return "2024-\(Self.twoDigits(month + 1))-\(Self.twoDigits(day + 1)) "
            + "\(Self.twoDigits(hour)):\(Self.twoDigits(minute))"
    }

    private mutating func street() -> String {
        let line = "\(1 + random.below(998)) \(random.one(of: Self.streets))"
        return random.below(10) == 0 ? "\"\(line), Apt \(1 + random.below(98))\"" : line
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

/// Numbers that look random and are the same each time (SplitMix64).
private struct SampleRandom {
    private var state: UInt64 = 0

    /// A number from 0 up to and without `bound`.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }

    /// One of some words.
    mutating func one(of words: [String]) -> String { words[below(words.count)] }
}
