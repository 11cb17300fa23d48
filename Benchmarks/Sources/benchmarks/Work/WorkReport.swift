import Foundation

/// What a child of this program says about its work, as JSON on its standard output.
struct WorkReport: Codable {
    /// Records that were worked on.
    var records: Int
    /// What it has measured in itself, by name: CPU in seconds, memory in bytes.
    var values: [String: Double] = [:]

    /// Prints it.
    func print() throws {
        FileHandle.standardOutput.write(try JSONEncoder().encode(self))
    }

    /// A value it must hold.
    func value(_ name: String) throws -> Double {
        guard let value = values[name] else { throw BenchmarkError("a child reports no '\(name)'; build anew") }
        return value
    }

    /// Reads what a child has printed.
    static func read(from path: String) throws -> WorkReport {
        try JSONDecoder().decode(WorkReport.self, from: Data(TextFile.text(of: path).utf8))
    }
}
