import Foundation
import GRDB

/// How long a writer waits for another process's transaction.
///
/// SQLite's own waiting soon looks only ten times a second, and would meet one of the moments between a busy runner's
/// transactions late or never; these last milliseconds, so it is looked for as often.
enum BusyWait {
    private static let quickLooks = 200
    private static let looks = 2_000

    /// Waits about ten seconds in all.
    static let patient = Database.BusyMode.callback { looked in
        guard looked < looks else { return false }
        usleep(looked < quickLooks ? 1_000 : 5_000)
        return true
    }
}
