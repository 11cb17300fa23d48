import Foundation

/// Standard error, for what goes on meanwhile; the figures alone go to standard output.
enum Console {
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
