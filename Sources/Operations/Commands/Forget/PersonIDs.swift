import Basics
import Ingest

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
