import Foundation

/// A new folder in which everything is made, and which goes with it.
struct WorkFolder {
    let path: String

    /// Makes a folder below another.
    init(below parent: String) throws {
        var template = Array("\(parent)/rollcall-benchmarks-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchmarkError("\(parent): no folder can be made here; name another with --folder")
        }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The path of a file or folder in it.
    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Makes a folder in it.
    func makeFolder(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
        return file(name)
    }

    /// Removes a file or folder in it; there being none is as well.
    func remove(_ name: String) {
        try? FileManager.default.removeItem(atPath: file(name))
    }

    /// Removes it with all that is in it.
    func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// Small text files that children write.
enum TextFile {
    /// The whole text; empty where there is no such file.
    static func text(of path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// The last lines of it, for a message.
    static func end(of path: String) -> String {
        text(of: path).split(separator: "\n").suffix(3).joined(separator: "; ")
    }
}
