/// The columns that are put behind a row that is given back. Ingest ignores columns whose names start with `_`.
enum OwnColumn {
    static let status = "_status"
    static let reason = "_reason"
    static let all = [status, reason]

    static func contains(_ name: some Collection<UInt8>) -> Bool {
        all.contains { name.elementsEqual($0.utf8) }
    }
}
