internal import Foundation

/// System calls as a program has to make them: a signal may interrupt one, and a transfer may stop half-way.
///
/// Disks of this machine do neither; network and user-space file systems do both, and a full disk ends a write short of
/// the byte that no longer fits (`man 2 write`).
package enum SystemCall {
    /// Makes a call again as long as a signal interrupts it (EINTR, `man 7 signal`).
    ///
    /// - Parameter call: The call; a negative result means that `errno` says why it failed.
    /// - Returns: Its result.
    package static func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            guard result < 0, errno == EINTR else { return result }
        }
    }

    /// Moves bytes with as many calls as it takes.
    ///
    /// - Parameters:
    ///   - count: How many bytes there are to move.
    ///   - call: Moves some of them; gets how many have been moved before.
    /// - Returns: How many bytes were moved: fewer than `count` where a call moved none, at the end of a file; negative
    ///   where one failed and `errno` says why.
    package static func transferring(_ count: Int, _ call: (_ moved: Int) -> Int) -> Int {
        var moved = 0
        while moved < count {
            let step = retrying { call(moved) }
            guard step >= 0 else { return step }
            guard step > 0 else { break }
            moved += step
        }
        return moved
    }
}
