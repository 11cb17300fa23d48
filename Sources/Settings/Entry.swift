/// One value of a YAML file with the line it starts in. Scalars are kept as they are written: YAML would read `22:00`
/// as 1320 and `no` as false.
struct Entry: Sendable {
    enum Content: Sendable {
        case scalar(String)
        /// Nothing, `~` or `null`, unquoted: as it is written.
        case empty(String)
        case list([Entry])
        case mapping([Member])
    }

    struct Member: Sendable {
        let key: String
        let line: Int?
        let value: Entry
    }

    let line: Int?
    let content: Content
}
