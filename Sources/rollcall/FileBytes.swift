import Foundation
import Operations

/// Small files and standard input, read whole.
enum FileBytes {
    /// Most bytes taken from standard input or a key file.
    static let maximum = 16 << 20

    static func read(_ path: String) throws -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw OperationFailure(.inputUnusable, "\(path): cannot be read; check the path and its permissions")
        }
        return try all(of: handle, name: path)
    }

    static func standardInput() throws -> [UInt8] {
        try all(of: .standardInput, name: "standard input")
    }

    private static func all(of handle: FileHandle, name: String) throws -> [UInt8] {
        do {
            var bytes = [UInt8]()
            while let part = try handle.read(upToCount: 1 << 16), !part.isEmpty {
                bytes += part
                guard bytes.count <= maximum else {
                    throw OperationFailure(.inputUnusable, "\(name): is larger than 16 MiB")
                }
            }
            return bytes
        } catch let failure as OperationFailure {
            throw failure
        } catch {
            throw OperationFailure(.inputUnusable, "\(name): cannot be read")
        }
    }
}
