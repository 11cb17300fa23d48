package import Basics
import Foundation

/// A folder into which people drop files and out of which they take results:
/// `inbox/ → working/ → archive/` or `rejected/`, and results in `out/`.
///
/// Only one process at a time uses a drop folder, the one that holds the runner's lock; or several nodes do that share a
/// database. Of these, one has a name at a time: it is recorded there before ``claim(_:)`` as the node's, and forgotten
/// after the file has left `working/`; what a node has that ended another one takes over, and repairs by
/// ``recover(claimed:among:needsDoneMarker:)`` as it would its own. A file's path, and what happens when the process dies
/// after each step:
///
/// 1. `look` lists the inbox; ``SettlingFiles`` says which files are whole. Nothing is changed.
/// 2. ``claim(_:)`` moves `inbox/NAME` to `working/NAME`. After a crash ``recover(claimed:among:needsDoneMarker:)`` moves it
///    back with its marker, since it is no longer known whether it was whole; it settles and is claimed again.
/// 3. The file is examined (`InputFile.open`, `examine`) and its batch is made **together with the note that this file
///    is claimed**, in one transaction. From there on `recover` leaves it in `working/`: the batch continues.
///    While the batch waits for an operator's decision the file is back in the inbox, still claimed:
///    ``returnToInbox(_:)``. Removing it from there withdraws it.
/// 4. The file is taken in, its records are run, results are written into `out/`, under ``ResultFolderName``; with an
///    exchange group ``shareResults(_:)`` then gives the group access. All of these can be repeated.
/// 5. Where the batch is completed its status is removed (``removeStatus(of:)``), and then ``archive(_:as:)``,
///    ``reject(_:because:as:)`` or ``delete(_:)`` moves the file out of `working/`. Repeated after a crash, each ends
///    in the same place, or finds the file gone and does nothing.
/// The note that the file is claimed is deleted. Until then no other file of that name may be claimed: this holds as
/// long as one task does 5 and then 6, and 6 for what `recover` reports as gone before any claim.
///
/// A file whose name is still in `working/` waits in the inbox. The status of a file in `inbox/` is written to its
/// `NAME.status.txt`: ``writeStatus(_:)``.
package struct DropFolder: Sendable {
    /// The folder that holds the five.
    package let root: String
    /// Where files are dropped.
    package let inbox: String
    /// Where files lie while they are worked on.
    package let working: String
    /// Where processed files go.
    package let archive: String
    /// Where files go that were refused as a whole.
    package let rejected: String
    /// Where results appear, a folder for each batch.
    package let output: String
    /// The group that may drop files and take results; nil when all is private.
    package let exchangeGroup: ExchangeGroup?
    /// Whether other nodes use it at the same time.
    package let isShared: Bool

    let calls: FolderCalls

    /// Names a drop folder, which need not exist yet.
    ///
    /// - Parameters:
    ///   - path: the inbox itself where the last component is `inbox`, and then the others lie beside it; else the
    ///     folder in which all five lie.
    ///   - exchangeGroup: name of the group that shares `inbox` and `out`; nil keeps everything private.
    ///   - node: the number of the node that uses it, where several share it; nil: this process alone does.
    /// - Throws: ``DropFolderError`` when there is no such group.
    package init(path: String, exchangeGroup: String? = nil, node: Int64? = nil) throws(DropFolderError) {
        self.init(
            path: path, exchangeGroup: try exchangeGroup.map(ExchangeGroup.named),
            calls: FolderCalls(temporaryEnding: node.map { ".\($0).tmp" } ?? ".tmp"), isShared: node != nil)
    }

    init(path: String, exchangeGroup: ExchangeGroup? = nil, calls: FolderCalls, isShared: Bool = false) {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        let root = url.lastPathComponent == "inbox" ? url.deletingLastPathComponent() : url
        self.root = root.path
        inbox = root.appending(path: "inbox").path
        working = root.appending(path: "working").path
        archive = root.appending(path: "archive").path
        rejected = root.appending(path: "rejected").path
        output = root.appending(path: "out").path
        self.exchangeGroup = exchangeGroup
        self.calls = calls
        self.isShared = isShared
    }

    /// Where the results of a drop folder named by a path appear.
    package static func output(below path: String) -> String { DropFolder(path: path, calls: FolderCalls()).output }

    /// Where a drop folder named by a path puts its processed files.
    package static func archive(below path: String) -> String { DropFolder(path: path, calls: FolderCalls()).archive }

    /// Where a drop folder named by a path puts the files that it refused.
    package static func rejected(below path: String) -> String { DropFolder(path: path, calls: FolderCalls()).rejected }

    /// What the name of a file's marker ends in, after the file's whole name.
    package static let markerEnding = InboxName.markerEnding
    /// What the name of the text beside a refused file ends in.
    package static let errorEnding = InboxName.errorEnding

    /// The path of a file while it is worked on.
    package func workingPath(of name: String) -> String { "\(working)/\(name)" }
}

extension DropFolder {
    /// Creates the missing folders and gives each its mode: 0700, and with an exchange group 2770 for `inbox` and
    /// `out`. A missing parent folder is created with 0700, or 0710 so that the group can pass through.
    ///
    /// - Throws: ``DropFolderError`` when a folder cannot be made or shared, or when files could not be moved between
    ///   them in one step.
    package func prepare() throws {
        try makeAbove(root)
        try letGroupPass()
        for folder in [working, archive, rejected] { try prepare(folder, sharedWith: nil) }
        for folder in [inbox, output] { try prepare(folder, sharedWith: exchangeGroup) }
        try requireOneFileSystem()
    }

    private func prepare(_ folder: String, sharedWith group: ExchangeGroup?) throws {
        try calls.makeFolder(folder)
        try calls.arrange(folder: folder, sharedWith: group, mode: group == nil ? 0o700 : 0o2770)
    }

    private func makeAbove(_ folder: String) throws {
        guard !FileManager.default.fileExists(atPath: folder) else { return }
        try makeAbove(URL(fileURLWithPath: folder).deletingLastPathComponent().path)
        try calls.makeFolder(folder)
        try calls.arrange(folder: folder, sharedWith: exchangeGroup, mode: modeAbove)
    }

    /// A private parent folder of ours would shut the group out; any other mode was set by someone on purpose.
    private func letGroupPass() throws {
        guard exchangeGroup != nil, try status(of: root).isPrivatelyOurs else { return }
        try calls.arrange(folder: root, sharedWith: exchangeGroup, mode: modeAbove)
    }

    private var modeAbove: mode_t { exchangeGroup == nil ? 0o700 : 0o710 }

    private func requireOneFileSystem() throws {
        let devices = try [inbox, working, archive, rejected].map { try status(of: $0).device }
        guard Set(devices).count > 1 else { return }
        throw DropFolderError(
            .fileSystems,
            "inbox, working, archive and rejected in \(root) lie on several file systems, so that a file cannot be moved "
                + "in one step; mount the folder that holds them, not one of them")
    }

    private func status(of folder: String) throws -> FolderFacts {
        try calls.facts(of: calls.open(folder, O_RDONLY | O_DIRECTORY), named: folder)
    }
}

/// Who may do what with a folder or a file, and where it lies.
struct FolderFacts: Equatable {
    /// The permission bits and nothing else of its mode.
    let mode: mode_t
    let owner: uid_t
    let group: gid_t
    let device: dev_t

    /// Whether it belongs to this process's user and no other user has access.
    var isPrivatelyOurs: Bool { mode == 0o700 && owner == geteuid() }
}

/// Why a drop folder cannot be used, or a file cannot be moved through it. Texts name folders, files
/// and groups, never a value of a record.
package typealias DropFolderError = CodedError<DropFolderErrorCode>

/// What kind of trouble there is with a drop folder.
package enum DropFolderErrorCode: Sendable, Equatable {
    /// A folder cannot be made, read, or given its mode.
    case folder
    /// There is no such group, or this user is not in it.
    case group
    /// The folders lie on several file systems, so that a file cannot be moved in one step.
    case fileSystems
    /// A file cannot be moved or removed.
    case notMoved
    /// A text for the folder's users cannot be written.
    case notWritten
}
