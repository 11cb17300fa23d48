import Foundation
import Testing

/// Another user's eyes on files, for tests that may run as root, who may read everything.
enum OtherUser {
    private typealias SetIdentity = @convention(c) (uid_t) -> Int32
    private static let nobody: uid_t = 65_534

    /// Does something with the file access of a user who owns nothing, where this is root; as it is elsewhere. Only
    /// this thread's access changes (`man 2 setfsuid`), so nothing may be awaited within.
    static func reading(_ body: () throws -> Void) throws {
        guard geteuid() == 0 else { return try body() }
        let symbol = try #require(dlsym(nil, "setfsuid"))
        let setIdentity = unsafeBitCast(symbol, to: SetIdentity.self)
        _ = setIdentity(nobody)
        defer { _ = setIdentity(0) }
        try body()
    }
}
