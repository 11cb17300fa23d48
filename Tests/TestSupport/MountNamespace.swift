import Foundation
import Glibc

/// File systems of a test's own, mounted where only the processes that are to see them do (`man 7 mount_namespaces`).
package enum MountNamespace {
    /// Whether file systems can be mounted here: by root, who may make mount namespaces.
    package static let isPossible: Bool = {
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/bin/nsenter") else { return false }
        let script = "mount -t tmpfs -o size=1m none /mnt"
        return (try? SpawnedProcess.run("/usr/bin/unshare", ["-m", "sh", "-c", script]).status) == 0
    }()
}
