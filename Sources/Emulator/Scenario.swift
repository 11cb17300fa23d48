/// What a record asks of the emulator by the local part of its email: `iia+NAME[xN][.ANYTHING]@…`.
struct Scenario: Sendable, Equatable {
    /// What happens to the record's calls.
    let fault: Fault
    /// How many calls it happens to before the ordinary answer; nil: all.
    let calls: Int?

    /// The scenario of an email; nil where it asks for none.
    ///
    /// - Throws: ``ErrorAnswer/unknownScenario`` as an error where it asks for one that does not exist.
    init?(email: String) throws(Unknown) {
        guard email.hasPrefix("iia+") else { return nil }
        let token = email.dropFirst(4).prefix { $0 != "." && $0 != "@" }
        if let fault = Self.fault(named: token) {
            self.init(fault: fault, calls: nil)
            return
        }
        guard let (name, calls) = Self.split(token, at: "x"), let fault = Self.fault(named: name) else {
            throw Unknown()
        }
        self.init(fault: fault, calls: calls)
    }

    private init(fault: Fault, calls: Int?) {
        self.fault = fault
        self.calls = calls
    }

    /// The fault of the k-th call (from 1), nil once the scenario is over.
    func fault(ofCall attempt: Int) -> Fault? {
        calls.map { attempt <= $0 } ?? true ? fault : nil
    }

    /// There is no scenario of the name asked for.
    struct Unknown: Error {}

    private static func fault(named name: Substring) -> Fault? {
        if let entry = ScenarioCatalogue.byName[String(name)] { return Fault(name: entry.name, action: entry.action) }
        guard let (status, seconds) = split(name, at: "a"), status == "429" || status == "503" else { return nil }
        let code = status == "429" ? 429 : 503
        return Fault(name: String(name), action: .error(.status(code, retryAfter: seconds)))
    }

    /// `name` and number of `name<mark>number`; the mark is the last of its kind.
    private static func split(_ token: Substring, at mark: Character) -> (Substring, Int)? {
        guard let index = token.lastIndex(of: mark) else { return nil }
        let digits = token[token.index(after: index)...]
        guard digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits) else { return nil }
        return (token[..<index], number)
    }
}
