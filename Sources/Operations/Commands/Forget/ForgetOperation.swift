import Basics
import Ingest
import RecordStore

/// `rollcall forget`: erases persons in all batches and in the files that Rollcall wrote (GDPR, article 17).
package struct ForgetOperation: Sendable {
    private let request: ForgetRequest
    private let console: Console

    /// Describes whom to forget.
    package init(_ request: ForgetRequest, console: Console = .standard) {
        self.request = request
        self.console = console
    }

    /// Erases what is there of the persons, prints a receipt, and names what is left: 2 where records are in doubt or
    /// under way, 3 where a file cannot be changed.
    package func perform() async throws -> ExitStatus {
        let ids = try PersonIDs(reading: request.text)
        let place = try Installation(config: request.config)
        let (receipt, text) = try await OperatorSession.with(place, console: console) { session in
            try await forget(ids, in: session)
        }
        console.output(text)
        return request.dryRun ? .succeeded : receipt.status
    }

    /// The receipt, and what is printed of it.
    private func forget(_ ids: PersonIDs, in session: OperatorSession) async throws -> (ForgetReceipt, String) {
        let work = Forgetting(ids: ids, session: session, patience: request.patience)
        let receipt = try await request.dryRun ? work.rehearse() : work.perform()
        for left in receipt.notForgotten { console.note("not forgotten: \(left.text)") }
        for fault in receipt.notChanged { console.note("not changed: \(fault)") }
        if let text = PersonIDs.notFound("nothing to erase", onLines: receipt.notFound) { console.note(text) }
        return (receipt, try await request.json ? SignedReceipt(receipt, by: session.store).text : receipt.text)
    }
}

/// Whom `rollcall forget` is to forget.
package struct ForgetRequest: Sendable {
    /// Record ids, or account ids before or after hashing, one on each line.
    package var text: [UInt8]
    /// The settings file.
    package var config: String
    /// Whether only to say what would be erased.
    package var dryRun: Bool
    /// Whether the receipt is printed as signed JSON.
    package var json: Bool
    /// How long calls under way are awaited; nil: a little longer than one may take.
    package var patience: Duration?

    /// Describes a request.
    ///
    /// - Parameters:
    ///   - text: The ids, one on each line.
    ///   - config: The settings file.
    ///   - dryRun: Whether only to say what would be erased.
    ///   - json: Whether the receipt is printed as signed JSON.
    ///   - patience: How long calls under way are awaited; nil: a little longer than one may take.
    package init(
        idsIn text: [UInt8], config: String, dryRun: Bool = false, json: Bool = false, patience: Duration? = nil
    ) {
        self.text = text
        self.config = config
        self.dryRun = dryRun
        self.json = json
        self.patience = patience
    }
}

/// Ids of persons as an operator gives them: record ids, or account ids before or after hashing, one on each line of a
/// text, whose ends are taken off as those of a value that comes in are. A pure value.
struct PersonIDs: Sendable, Equatable {
    /// The ids, each once, as bytes tell them apart.
    private(set) var texts: [String] = []
    /// The line from 1 on which each stands first.
    private(set) var lines: [Int] = []

    /// Reads a text in UTF-8, with or without byte order mark.
    ///
    /// - Throws: `OperationFailure`: 65 for a text in another encoding, in which an id would be found nowhere, 64 for one
    ///   without any id.
    init(reading text: [UInt8]) throws {
        var seen: Set<[UInt8]> = []
        for (place, line) in Self.lines(of: text).enumerated() {
            guard let line = String(validating: line, as: UTF8.self), !line.utf8.contains(0) else {
                throw OperationFailure(
                    .inputUnusable,
                    "line \(place + 1) of the ids is not UTF-8; save them as UTF-8, one on each line. Nobody was looked for"
                )
            }
            let id = InvisibleCharacters.trimmed(line)
            guard !id.isEmpty, seen.insert(Array(id.utf8)).inserted else { continue }
            texts.append(id)
            lines.append(place + 1)
        }
        guard !texts.isEmpty else {
            throw OperationFailure(
                .usage, "no id was given; give them by standard input or in a file, one on each line")
        }
    }

    /// How many there are.
    var count: Int { texts.count }

    /// The lines of those that are not among some places.
    func lines(besides places: Set<Int>) -> [Int] { lines.indices.filter { !places.contains($0) }.map { lines[$0] } }

    /// That something was found for none of the ids on some lines, as a sentence that repeats none of them; nil where there
    /// are no such lines.
    ///
    /// - Parameters:
    ///   - what: What was looked for, such as "nothing" where it is anything.
    ///   - lines: The lines.
    /// - Returns: The sentence.
    static func notFound(_ what: String, onLines lines: [Int]) -> String? {
        guard let first = lines.first else { return nil }
        let place =
            lines.count > 1 ? "ids on lines \(lines.map(String.init).joined(separator: ", "))" : "id on line \(first)"
        return "\(what) was found for the \(place) of those given"
    }

    /// Lines end with LF, CRLF or CR.
    private static func lines(of text: [UInt8]) -> [[UInt8]] {
        let (newline, carriageReturn) = (UInt8(ascii: "\n"), UInt8(ascii: "\r"))
        var (lines, line, previous) = ([[UInt8]](), [UInt8](), newline)
        for byte in text {
            defer { previous = byte }
            if byte == newline, previous == carriageReturn { continue }
            if byte == newline || byte == carriageReturn {
                lines.append(line)
                line = []
            } else {
                line.append(byte)
            }
        }
        return lines + [line]
    }
}
