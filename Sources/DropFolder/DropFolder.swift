import Foundation

/// A folder into which people drop files and out of which they take results:
/// `inbox/ → working/ → archive/` or `rejected/`, and results in `out/`.
///
/// Only one process at a time works a drop folder, the one that holds the runner's lock. A file's way, and what is
/// found when the process dies after each step:
///
/// 1. `look` lists the inbox; ``SettlingFiles`` says which files are whole. Nothing is changed.
/// 2. ``claim(_:)`` moves `inbox/NAME` to `working/NAME`. After a crash ``recover(claimed:needsDoneMarker:)`` moves it
///    back with its marker, since nobody knows any more whether it was whole; it settles and is claimed anew.
/// 3. The file is examined (`InputFile.open`, `examine`) and its batch is made **together with the note that this file
///    is claimed**, in one transaction. From there on `recover` leaves it in `working/`: the batch goes on.
///    While the batch waits for a person's word the file lies in the inbox again, still claimed: ``returnToInbox(_:)``.
///    Whoever takes it away there withdraws it.
/// 4. The file is taken in, its records are run, results are written into `out/`, under ``ResultFolderName``; with an
///    exchange group ``shareResults(_:)`` then opens them to it. All of these can be done again.
/// 5. Where the batch is completed its status is removed (``removeStatus(of:)``), and then ``archive(_:as:)``,
///    ``reject(_:because:as:)`` or ``delete(_:)`` moves the file out of `working/`. Done again after a crash, each ends
///    in the same place, or finds the file gone and does nothing.
/// 6. The note that the file is claimed is forgotten. Until then no other file of that name may be claimed, which holds
///    by itself when one task does 5 and 6 one after the other, and 6 for what `recover` calls gone before any claim.
///
/// A file of a name that is still in `working/` waits in the inbox. What `inbox/` says about a file is its
/// `NAME.status.txt`: ``writeStatus(_:)``.
public struct DropFolder: Sendable {
    /// The folder that holds the five.
    public let root: String
    /// Where files are dropped.
    public let inbox: String
    /// Where files lie while they are worked on.
    public let working: String
    /// Where files go that were worked through.
    public let archive: String
    /// Where files go that were refused as a whole.
    public let rejected: String
    /// Where results appear, a folder for each batch.
    public let output: String
    /// The group that may drop files and take results; nil when all is private.
    public let exchangeGroup: ExchangeGroup?

    let calls: FolderCalls

    /// Names a drop folder, which need not exist yet.
    ///
    /// - Parameters:
    ///   - path: the inbox itself where the last component is `inbox`, and then the others lie beside it; else the
    ///     folder in which all five lie.
    ///   - exchangeGroup: name of the group that shares `inbox` and `out`; nil keeps everything private.
    /// - Throws: ``DropFolderError`` when there is no such group.
    public init(path: String, exchangeGroup: String? = nil) throws(DropFolderError) {
        self.init(path: path, exchangeGroup: try exchangeGroup.map(ExchangeGroup.named), calls: FolderCalls())
    }

    init(path: String, exchangeGroup: ExchangeGroup? = nil, calls: FolderCalls) {
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
    }

    /// Where the results of a drop folder named by a path appear.
    public static func output(below path: String) -> String { DropFolder(path: path, calls: FolderCalls()).output }

    /// What the name of a file's marker ends in, after the file's whole name.
    public static let markerEnding = InboxName.markerEnding

    /// The path of a file while it is worked on.
    public func workingPath(of name: String) -> String { "\(working)/\(name)" }
}
