import Foundation

extension DropFolder {
    /// Opens a batch's result folder in `out/` to the exchange group: the files 0660, then the folder 2770, so that
    /// nobody sees half of it. To be called whenever results were written, which makes them private. Without an exchange
    /// group it does nothing.
    ///
    /// - Parameter folder: the name of the folder in `out/`.
    /// - Throws: ``DropFolderError`` when something cannot be given to the group.
    public func shareResults(_ folder: String) throws {
        guard let exchangeGroup else { return }
        let path = "\(output)/\(folder)"
        for name in try calls.names(in: path).compactMap(\.self) where try calls.file("\(path)/\(name)") != nil {
            try share(file: "\(path)/\(name)", with: exchangeGroup)
        }
        try calls.arrange(folder: path, sharedWith: exchangeGroup, mode: 0o2770)
    }

    private func share(file path: String, with group: ExchangeGroup) throws {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return try calls.failure(.folder, "opened", path) }
        defer { close(file) }
        try calls.share(file, named: path, with: group, mode: 0o660)
    }
}
