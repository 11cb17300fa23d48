import Emulator
import Foundation

/// An emulator's keys and certificates for 127.0.0.1, made once per process: four RSA keys for each of some hundred
/// installations would be a quarter of the tests' time.
package enum EmulatedKeys {
    /// The files below `pki`, by their place in it.
    private static let files = Result { try made() }

    /// Puts them below a folder, as if an emulator had made them there: files 0600, folders 0700.
    package static func write(below folder: String) throws {
        let manager = FileManager.default
        for (name, content) in try files.get() {
            let file = URL(filePath: folder).appending(path: "pki/\(name)")
            try manager.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
            guard
                manager.createFile(atPath: file.path, contents: content, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
        }
    }

    private static func made() throws -> [String: Data] {
        let manager = FileManager.default
        let folder = manager.temporaryDirectory.appending(path: "rollcall-keys-\(UUID().uuidString)")
        defer { try? manager.removeItem(at: folder) }
        _ = try EmulatorDirectory(path: folder.path).material(host: "127.0.0.1")
        let pki = folder.appending(path: "pki").path
        var files = [String: Data]()
        for name in try manager.subpathsOfDirectory(atPath: pki) {
            // Folders have no content.
            var isFolder: ObjCBool = false
            guard manager.fileExists(atPath: "\(pki)/\(name)", isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            files[name] = try Data(contentsOf: URL(filePath: "\(pki)/\(name)"))
        }
        return files
    }
}
