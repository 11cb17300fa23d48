/// Names by which programs mark files that are not finished: uploads, downloads, and what editors keep beside a file.
package enum UnfinishedName {
    private static let beginnings = ["~$", "."]
    private static let endings = [
        "~", ".bak", ".swp", ".tmp", ".part", ".partial", ".filepart", ".crdownload", ".download", ".upload",
    ]

    /// The part of a name that says that its file is not finished.
    ///
    /// - Parameter name: a file's name, without its folder.
    /// - Returns: such as `.filepart`; nil for a name that says nothing of the kind.
    package static func sign(in name: String) -> String? {
        let lowercase = name.lowercased()
        return beginnings.first(where: name.hasPrefix) ?? endings.first(where: lowercase.hasSuffix)
    }
}
