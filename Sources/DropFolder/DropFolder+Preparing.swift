import Foundation

extension DropFolder {
    /// Makes what is missing and gives each folder its mode: 0700, and with an exchange group 2770 for `inbox` and
    /// `out`. A folder above them that is made now gets 0700, or 0710 for the group to pass through.
    ///
    /// - Throws: ``DropFolderError`` when a folder cannot be made or shared, or when files could not be moved between
    ///   them in one step.
    public func prepare() throws {
        try makeAbove(root)
        try letGroupPass()
        for folder in [working, archive, rejected] { try prepare(folder, sharedWith: nil) }
        for folder in [inbox, output] { try prepare(folder, sharedWith: exchangeGroup) }
        try requireOneFileSystem()
    }

    private func prepare(_ folder: String, sharedWith group: ExchangeGroup?) throws {
        try calls.makeFolder(folder)
        try calls.arrange(folder: folder, sharedWith: group, mode: group == nil ? 0o700 : 0o2770)
    }

    private func makeAbove(_ folder: String) throws {
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        try makeAbove(URL(fileURLWithPath: folder).deletingLastPathComponent().path)
        try calls.makeFolder(folder)
        try calls.arrange(folder: folder, sharedWith: exchangeGroup, mode: modeAbove)
    }

    /// A private folder of ours around shared ones would shut the group out; anything else was somebody's decision.
    private func letGroupPass() throws {
        guard exchangeGroup != nil, try status(of: root).isPrivatelyOurs else { return }
        try calls.arrange(folder: root, sharedWith: exchangeGroup, mode: modeAbove)
    }

    private var modeAbove: mode_t { exchangeGroup == nil ? 0o700 : 0o710 }

    private func requireOneFileSystem() throws {
        let devices = try [inbox, working, archive, rejected].map { try status(of: $0).device }
        guard Set(devices).count > 1 else { return }
        throw DropFolderError(
            .fileSystems,
            "inbox, working, archive and rejected in \(root) lie on several file systems, so that a file cannot be moved "
                + "in one step; mount the folder that holds them, not one of them")
    }

    private func status(of folder: String) throws -> FolderFacts {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return try calls.failure(.folder, "opened", folder) }
        defer { close(descriptor) }
        return try calls.facts(of: descriptor, named: folder)
    }
}
