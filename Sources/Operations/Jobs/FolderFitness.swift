import Foundation

/// Whether a folder that may not exist yet can be made and written into.
struct FolderCheck {
    /// The folder itself, or the nearest above it that exists.
    let nearest: String
    /// Its file system; nil where it cannot be told.
    let device: dev_t?

    init(_ path: String) {
        var folder = URL(filePath: path).standardizedFileURL
        while folder.path != "/", !FileManager.default.fileExists(atPath: folder.path) {
            folder.deleteLastPathComponent()
        }
        nearest = folder.path
        var facts = stat()
        device = stat(nearest, &facts) == 0 ? facts.st_dev : nil
    }

    /// What is in the way, and the remedy; nil: nothing.
    var obstacle: String? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: nearest, isDirectory: &isFolder), isFolder.boolValue else {
            return "\(nearest) is not a folder; move it away or name another"
        }
        guard access(nearest, W_OK | X_OK) == 0 else {
            return "\(nearest) cannot be written by \(NSUserName()); change its owner or name another"
        }
        return nil
    }
}
