/// Two ways of saying the same thing, of which a file may use one.
struct Alternative: Sendable {
    let one: [String]
    let other: [String]

    func rivals(of path: String) -> [String] {
        if one.contains(path) { return other }
        return other.contains(path) ? one : []
    }
}
