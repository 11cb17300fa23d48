import Foundation
import TestSupport
import Testing

/// A small file system of its own in a folder of an installation, `var/` unless another is named, which can really be full.
///
/// It is mounted in a mount namespace that a process of ours keeps alive (`man 7 mount_namespaces`), so that nothing is left
/// of it, whatever becomes of the test. Commands that are to see it are started in that namespace; the test itself reaches
/// it by the keeper's `/proc/PID/root`.
struct SmallDisk: Sendable {
    private let keeper: RollcallProcess
    private let installation: EndToEndInstallation
    private let folder: String

    /// Mounts a file system of so many MiB in a folder.
    init(megabytes: Int, at folder: String = "var", in installation: EndToEndInstallation) async throws {
        (self.installation, self.folder) = (installation, folder)
        try installation.makeFolder(folder)
        let mount = "mount -t tmpfs -o mode=700,size=\(megabytes)m none \(folder)"
        let script = "\(mount) && echo mounted >&2 && exec sleep 600"
        keeper = try RollcallProcess(
            ["-m", "sh", "-c", script], in: installation.path, executable: URL(filePath: "/usr/bin/unshare"))
        await keeper.waitForError(containing: "mounted")
    }

    /// Starts `rollcall` where the small disk is mounted; the process is `rollcall` itself.
    func start(_ arguments: [String]) throws -> RollcallProcess {
        let place = ["-t", "\(keeper.identifier)", "-m", "--wd=\(installation.path)"]
        return try RollcallProcess(
            place + [RollcallProcess.executable.path] + arguments, in: installation.path,
            executable: URL(filePath: "/usr/bin/nsenter"))
    }

    /// Runs `rollcall` there to its end.
    func rollcall(_ arguments: String...) async throws -> RollcallProcess.Ended { try await start(arguments).wait() }

    /// The path of a file on the disk, as the test sees it.
    func file(_ name: String) -> String { "/proc/\(keeper.identifier)/root\(installation.path)/\(folder)/\(name)" }

    /// Takes all room there is, to the last byte.
    func fillUp() {
        let file = open(self.file("ballast"), O_CREAT | O_APPEND | O_WRONLY, 0o600)
        defer { close(file) }
        let block = [UInt8](repeating: 0, count: 65_536)
        while write(file, block, block.count) > 0 {}
    }

    /// Gives the room back.
    func makeRoom() throws { try FileManager.default.removeItem(atPath: file("ballast")) }

    /// Copies what is on the disk to where the rest of a test looks for it, and ends with the disk.
    func end() async throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: file("")) where name != "ballast" {
            try FileManager.default.copyItem(atPath: file(name), toPath: installation.file("\(folder)/\(name)"))
        }
        keeper.signal(SIGKILL)
        _ = try await keeper.wait()
    }
}
