import Basics
import Results

/// An event as a message for sendmail (RFC 5322): its subject in a few words, its members line by line.
struct NoticeMessage: Equatable {
    let text: String

    init(_ notice: BatchNotice, to address: String) {
        let subject = ["Rollcall: \(notice.event.shown.title)", notice.batch ?? notice.job].compactMap(\.self)
        let facts: [(String, String?)] = [
            ("at", notice.at), ("host", notice.host), ("job", notice.job), ("batch", notice.batch),
            ("file", notice.file), ("state", notice.state), ("reason", notice.reason),
            ("calls", notice.calls.map(String.init)), ("cost", notice.cost?.description), ("due", notice.due),
            ("missed", notice.missed.map(String.init)),
            ("results", notice.results), ("what to do", notice.remedy), ("next", notice.next),
        ]
        let counts = notice.counts.map { counts in
            counts.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                .joined(separator: ", ")
        }
        let lines = (facts + [("records", counts)]).compactMap { name, value in
            value.map { "\(name): \(PlainText.line($0))" }
        }
        text = """
            To: \(address)
            Subject: \(Self.header(subject.joined(separator: ": ")))
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit
            Auto-Submitted: auto-generated

            \(lines.joined(separator: "\n"))

            """
    }

    /// A header field holds visible ASCII in one line, and nothing that could begin another (RFC 5322 §2.2).
    private static func header(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?" })
    }
}
