package import Basics

/// Decides which files of an inbox are whole. A pure value: it is given what was seen and when, and has no side
/// effects.
///
/// A file is whole when size, time of the last write and time of the last change stayed the same over two looks that
/// are `settle` apart, or when its marker is there. What the file's own times are does not matter, only that they do
/// not change. A marker that was there before its file belongs to an earlier one of that name, and counts only once it
/// is written again.
package struct SettlingFiles: Sendable {
    /// In which order files that are whole at the same time are taken in.
    package enum Order: Sendable, Equatable {
        /// By the bytes of the name.
        case name
        /// By the time of the last change, then by name.
        case modified
    }

    /// What one look found.
    package struct Finding: Sendable, Equatable {
        /// The files to be claimed now, in order.
        package internal(set) var whole: [ObservedFile] = []
        /// When the next of the others can be whole, by the caller's clock; nil when only a change of
        /// the folder can make a difference.
        package internal(set) var nextPollAt: MonotonicTime?
        /// Files that must stay unchanged for longer.
        package internal(set) var settling: [String] = []
        /// Files that wait for their marker; none where no marker is needed.
        package internal(set) var withoutMarker: [String] = []
    }

    private struct Observed {
        let identity: FileIdentity
        let since: MonotonicTime
    }

    private let settle: Duration
    private let needsDoneMarker: Bool
    private let order: Order
    private var observed: [String: Observed] = [:]
    private var staleMarkers: [String: FileIdentity] = [:]

    /// Starts without any file.
    ///
    /// - Parameters:
    ///   - settle: how long a file must not change to be whole.
    ///   - needsDoneMarker: whether only a marker makes a file whole.
    ///   - order: the order of files that are whole.
    package init(settle: Duration, needsDoneMarker: Bool, order: Order) {
        self.settle = settle
        self.needsDoneMarker = needsDoneMarker
        self.order = order
    }

    /// Records one look at the inbox.
    ///
    /// - Parameters:
    ///   - listing: everything that is there, since what is missing has gone.
    ///   - instant: when.
    /// - Returns: what is whole, and when to look again.
    package mutating func take(_ listing: FolderListing, at instant: MonotonicTime) -> Finding {
        var finding = Finding()
        var still: [String: Observed] = [:]
        still.reserveCapacity(listing.files.count)
        for file in listing.files {
            let observed = observe(file, at: instant)
            still[file.name] = observed
            judge(file, observed, at: instant, into: &finding)
        }
        observed = still
        remember(listing)
        sort(&finding.whole)
        finding.settling.sort()
        finding.withoutMarker.sort()
        return finding
    }

    private func observe(_ file: ObservedFile, at instant: MonotonicTime) -> Observed {
        if let known = observed[file.name], known.identity == file.identity { return known }
        return Observed(identity: file.identity, since: instant)
    }

    private func judge(
        _ file: ObservedFile, _ observed: Observed, at instant: MonotonicTime, into finding: inout Finding
    ) {
        if let marker = file.marker, !isStale(marker, of: file.name) { return finding.whole.append(file) }
        if needsDoneMarker { return finding.withoutMarker.append(file.name) }
        let end = observed.since + settle
        if instant >= end { return finding.whole.append(file) }
        finding.settling.append(file.name)
        finding.nextPollAt = min(finding.nextPollAt ?? end, end)
    }

    /// A marker that we moved aside and back is still the same.
    private func isStale(_ marker: FileIdentity, of name: String) -> Bool {
        staleMarkers[name]?.isSameBesidesName(as: marker) ?? false
    }

    /// A stale marker stays stale while its file is there, too.
    private mutating func remember(_ listing: FolderListing) {
        let lasting = listing.files.filter { file in file.marker.map { isStale($0, of: file.name) } ?? false }
        staleMarkers = listing.orphans
        for file in lasting { staleMarkers[file.name] = file.marker }
    }

    private func sort(_ files: inout [ObservedFile]) {
        files.sort { left, right in
            let (one, other) = (left.identity.modifiedAt, right.identity.modifiedAt)
            if order == .modified && one != other { return one < other }
            return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
        }
    }
}
