import Foundation

/// Synthetic input files: example.com addresses, numbered accounts.
enum Accounts {
    static let header = "id,account_id,name,email,phone_number,ip,user_agent\n"

    /// One CSV line of record `number`; `email` chooses a scenario of the emulator.
    static func line(_ number: Int, email: String? = nil, name: String = "Ada Example") -> String {
        let address = email ?? "user\(number)@example.com"
        return "r\(number),account-\(number),\(name),\(address),+1206555\(1000 + number),192.0.2.1,Mozilla/5.0\n"
    }

    /// A file of `count` plain records, numbered from `first`.
    static func csv(from first: Int = 1, _ count: Int) -> String {
        header + (first..<(first + count)).map { line($0) }.joined()
    }

    /// A file with one record for each scenario of the emulator.
    static func csv(scenarios: [String]) -> String {
        header + scenarios.enumerated().map { line($0 + 1, email: "\($1)@example.com") }.joined()
    }
}
