/// The names a file may get in a folder where its own may be taken.
enum FreeNames {
    /// Best first: `NAME`, its batch's name, then with numbers. A batch's name is given only once, so a thousand files
    /// of one name cost no thousand tries.
    static func candidates(for name: String, batch: String?) -> some Sequence<String> {
        let (stem, ending) = parts(of: name)
        return (0...).lazy.map { index in
            switch (index, batch) {
            case (0, _): name
            case (1, let batch?): batch + ending
            case (_, let batch?): "\(batch)-\(index)\(ending)"
            case (_, nil): "\(stem)-\(index + 1)\(ending)"
            }
        }
    }

    /// `accounts.csv` is `accounts` and `.csv`.
    static func parts(of name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }
}
