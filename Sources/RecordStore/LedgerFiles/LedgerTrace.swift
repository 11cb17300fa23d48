import Basics
import Foundation
import OpenSSL

/// The ledger's second trace, `ledger.trace` in `keys_folder`: how far the ledger got, and which batches had calls.
///
/// It lies where losing or restoring the database's folder does not affect it. The mark is synchronized with each group
/// of calls; the trace is written with each group too, but synchronized only when a range of attempt ids is used up,
/// before the first id of the next range is committed. So it is as new as the mark unless the machine lost power, and
/// the ids it reserved are an upper bound even then. It records the file's inode number and creation time, which
/// distinguish a restored copy, with no knowledge of later calls, from the original file. ``LedgerTraceLayout``
/// describes the format.
final class LedgerTrace: Sendable {
    /// How far the ledger got.
    struct Position: Equatable, Sendable {
        /// The highest attempt id whose call may have left.
        var claimed: Int64
        /// An id that no committed attempt has passed.
        var reserved: Int64
    }

    /// The file's name in `keys_folder`.
    static let fileName = "ledger.trace"
    /// Attempt ids that one synchronization covers, and so the most by which the bound can be too high.
    static let reservation: Int64 = 256

    /// What the mutex protects. The store's thread writes; the last write is by the thread that closes the store.
    private struct State {
        var position: Position
        /// How often a position was written: the slot with the greater number holds the newer one.
        var sequence: Int64
    }

    private let file: StoreFile
    private let header: LedgerTraceLayout.Header
    private let key: DataKey
    private let identity: StoreFile.Identity
    private let state: Lock<State>

    private init(
        _ file: consuming StoreFile, _ header: LedgerTraceLayout.Header, _ key: DataKey,
        _ identity: StoreFile.Identity,
        _ state: State
    ) {
        self.file = file
        self.header = header
        self.key = key
        self.identity = identity
        self.state = Lock(state)
    }

    /// How far the ledger got.
    var position: Position { state.withLock { $0.position } }

    static func path(in folder: String) -> String { folder + "/" + fileName }

    /// Whether there is any file under that name.
    static func exists(in folder: String) -> Bool {
        access(path(in: folder), F_OK) == 0 || ![ENOENT, ENOTDIR].contains(errno)
    }

    /// The database that the trace belongs to; nil when there is no trace or its database cannot be determined.
    static func owner(in folder: String) throws -> [UInt8]? {
        guard exists(in: folder) else { return nil }
        return LedgerTraceLayout.Header(try open(in: folder, O_RDONLY).read(upTo: LedgerTraceLayout.Header.byteCount))?
            .storeID
    }
}

/// Finding and creating the trace.
extension LedgerTrace {
    /// Looks for a database's trace.
    ///
    /// - Parameters:
    ///   - folder: `keys_folder`.
    ///   - storeID: The database.
    ///   - keys: The keys that its files may be sealed with.
    ///   - flags: `O_RDONLY`, or `O_RDWR` to continue the trace.
    /// - Returns: What was found; only ``LedgerWitness/own(_:)`` may be continued.
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when the file exists and cannot be opened.
    static func find(
        in folder: String, storeID: [UInt8], keys: SealingKeyRing, flags: Int32 = O_RDONLY
    ) throws -> LedgerWitness<LedgerTrace> {
        guard exists(in: folder) else { return .missing }
        let file = try open(in: folder, flags)
        guard let header = LedgerTraceLayout.Header(try file.read(upTo: LedgerTraceLayout.Header.byteCount)) else {
            return .unreadable
        }
        guard header.storeID == storeID else { return .foreign }
        guard let key = try header.key(with: keys) else { return .unreadable }
        let written = try LedgerTraceLayout.slots.compactMap { slot in
            let sealed = try file.read(
                upTo: LedgerTraceLayout.Slot.sealedByteCount, at: LedgerTraceLayout.offset(ofSlot: slot))
            return LedgerTraceLayout.Slot(sealed, at: slot, key)
        }
        guard let newest = written.max(by: { $0.sequence < $1.sequence }), newest.storeID == storeID else {
            return .unreadable
        }
        let identity = try file.identity()
        let trace = LedgerTrace(
            file, header, key, identity, State(position: newest.position, sequence: newest.sequence))
        return identity == newest.identity ? .own(trace) : .copied(trace)
    }

    private static func open(in folder: String, _ flags: Int32) throws -> StoreFile {
        do {
            return try StoreFile(path(in: folder), flags)
        } catch {
            throw StoreError.keysFolder(folder, because: error)
        }
    }

    /// Creates a new file, mode 0600. It gets its name once it is complete and synchronized, replacing any existing
    /// one.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` when it cannot be created there.
    static func make(
        in folder: String, storeID: [UInt8], sealingKey: SealingKey, position: Position, entries: [BatchJournal.Entry]
    ) throws -> LedgerTrace {
        let path = path(in: folder)
        do {
            try PrivateFile.createFolder(of: path)
            unlink(path + ".part")  // Of a process that was killed here.
            let file = try PrivateFile.create(path + ".part")
            let identity = try file.identity()
            let (header, key) = try LedgerTraceLayout.Header.make(storeID: storeID, sealingKey: sealingKey)
            try file.write(header.bytes)
            let trace = LedgerTrace(file, header, key, identity, State(position: position, sequence: 0))
            try trace.append(entries)
            try trace.settle(at: position.claimed)
            try StoreFile.naming(fileName, "renamed") { () throws(SystemFault) in
                try SystemCall.performing { rename(path + ".part", path) }
            }
            try PrivateFile.synchronizeFolder(of: path)
            return trace
        } catch {
            throw StoreError.keysFolder(folder, because: error)
        }
    }
}

/// Writing while batches run.
extension LedgerTrace {
    /// Makes sure that attempt ids up to this one may be committed; returns once that would survive a power cut.
    func reserve(upTo attempt: Int64) throws {
        try state.withLock { state in
            guard attempt > state.position.reserved else { return }
            var next = state
            next.position.reserved = attempt + Self.reservation
            try write(&next)
            try file.synchronizeContent()
            state = next
        }
    }

    /// Records that calls of attempts up to an id may leave now. It survives the end of the process, not a power cut.
    func advance(to attempt: Int64) throws {
        try state.withLock { state in
            state.position.claimed = attempt
            try write(&state)
        }
    }

    /// Records the ledger's exact position, with nothing reserved; returns once that would survive a power cut.
    func settle(at attempt: Int64) throws {
        try state.withLock { state in
            state.position = Position(claimed: attempt, reserved: attempt)
            try write(&state)
            try file.synchronizeContent()
        }
    }

    /// Adds batches; returns once they would survive a power cut. An entry left half written is overwritten.
    func append(_ entries: [BatchJournal.Entry]) throws {
        guard !entries.isEmpty else { return }
        let first = try entryCount()
        let bytes = try entries.enumerated().flatMap { index, entry in
            try key.seal(entry.batch.bytes + entry.source, record: Int64(first + index), column: .traceEntry)
        }
        try file.write(bytes, at: LedgerTraceLayout.offset(ofEntry: first))
        try file.synchronize()
    }

    /// The batches that had calls. An entry torn by a power cut is skipped: none of its batch's calls left.
    ///
    /// - Throws: ``StoreError`` when the file can't be read.
    func entries() throws -> [BatchJournal.Entry] {
        let (count, size) = (try entryCount(), LedgerTraceLayout.entryByteCount)
        let bytes = try file.read(upTo: count * size, at: LedgerTraceLayout.offset(ofEntry: 0))
        return (0..<(bytes.count / size)).compactMap { index in
            let sealed = Array(bytes[(index * size)..<((index + 1) * size)])
            // What does not open is no entry.
            guard let entry = try? key.open(sealed, record: Int64(index), column: .traceEntry) else { return nil }
            return BatchJournal.Entry(batch: entry.integer(at: 0), source: Array(entry[8...]))
        }
    }

    /// How many batches it names, without decrypting them.
    func entryCount() throws -> Int {
        max(0, try file.byteCount() - LedgerTraceLayout.offset(ofEntry: 0)) / LedgerTraceLayout.entryByteCount
    }

    private func write(_ state: inout State) throws {
        state.sequence += 1
        let place = LedgerTraceLayout.slot(ofSequence: state.sequence)
        let slot = LedgerTraceLayout.Slot(
            sequence: state.sequence, identity: identity, position: state.position, storeID: header.storeID)
        try file.write(slot.sealed(at: place, key), at: LedgerTraceLayout.offset(ofSlot: place))
    }
}

/// How `ledger.trace` is laid out; numbers are big-endian.
///
/// A header of one sector (magic, database, sealing key, the file's own key wrapped by the sealing key); two slots for
/// the position, written alternately, each in a sector of its own so that a torn write damages only one; then the
/// batches. Position and batches are sealed under the file's key, so a new sealing key requires only a new header.
enum LedgerTraceLayout {
    /// What a disk writes as a whole at the least: a torn write damages one sector.
    private static let sectorByteCount = 512
    /// A batch's number and its source.
    static let entryByteCount = 8 + 32 + Seal.overhead
    /// The sectors of the two positions; the header is sector 0.
    static let slots = 1...2

    /// The offset of the position with a sequence number.
    static func slot(ofSequence sequence: Int64) -> Int { slots.lowerBound + Int(sequence % Int64(slots.count)) }

    static func offset(ofSlot slot: Int) -> Int { slot * sectorByteCount }

    static func offset(ofEntry index: Int) -> Int { (slots.upperBound + 1) * sectorByteCount + index * entryByteCount }

    /// The start of the file.
    struct Header {
        private static let magic = Array("rollcall ledger trace 1\n".utf8)
        private static let wrappedByteCount = AES256GCM.keyByteCount + Seal.overhead
        static let byteCount = magic.count + 16 + 8 + DataKey.identifierByteCount + wrappedByteCount

        let storeID: [UInt8]
        let sealingKeyID: [UInt8]
        private let keyID: [UInt8]
        private let wrappedKey: [UInt8]

        var bytes: [UInt8] { Self.magic + storeID + sealingKeyID + keyID + wrappedKey }

        /// Generates a key for a file, and the header that holds it.
        static func make(storeID: [UInt8], sealingKey: SealingKey) throws -> (header: Header, key: DataKey) {
            let key = try SecureRandom.bytes(AES256GCM.keyByteCount)
            let identifier = try SecureRandom.bytes(DataKey.identifierByteCount)
            let header = Header(
                storeID: storeID, sealingKeyID: sealingKey.identifier, keyID: identifier,
                wrappedKey: try sealingKey.wrap(key, owner: 0, as: .traceKey))
            return (header, try DataKey(key: key, identifier: identifier))
        }

        /// The same header with the file's key wrapped by another sealing key.
        ///
        /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when `old` does not open it.
        func resealed(from old: SealingKey, by new: SealingKey) throws -> Header {
            let key = try old.unwrap(wrappedKey, owner: 0, as: .traceKey)
            return Header(
                storeID: storeID, sealingKeyID: new.identifier, keyID: keyID,
                wrappedKey: try new.wrap(key, owner: 0, as: .traceKey))
        }

        /// The file's key; nil when another sealing key wrapped it or it is damaged.
        func key(with keys: SealingKeyRing) throws -> DataKey? {
            guard let sealingKey = keys.key(sealingKeyID) else { return nil }
            do {
                return try DataKey(
                    key: sealingKey.unwrap(wrappedKey, owner: 0, as: .traceKey), identifier: keyID)
            } catch let error as StoreError where error.code == .altered {
                return nil
            }
        }
    }

    /// A position as written, with what ties it to this file and this database.
    struct Slot {
        /// Five numbers of 8 bytes and the database's id of 16.
        static let sealedByteCount = 5 * 8 + 16 + Seal.overhead

        let sequence: Int64
        let identity: StoreFile.Identity
        let position: LedgerTrace.Position
        let storeID: [UInt8]

        func sealed(at slot: Int, _ key: DataKey) throws -> [UInt8] {
            let numbers = [
                sequence, Int64(bitPattern: identity.number), identity.birth, position.claimed, position.reserved,
            ]
            return try key.seal(numbers.flatMap(\.bytes) + storeID, record: Int64(slot), column: .tracePosition)
        }
    }
}

extension LedgerTraceLayout.Header {
    /// Nil when the bytes are no header.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount, bytes.starts(with: Self.magic) else { return nil }
        var rest = bytes.dropFirst(Self.magic.count)
        func take(_ count: Int) -> [UInt8] {
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        (storeID, sealingKeyID) = (take(16), take(8))
        (keyID, wrappedKey) = (take(DataKey.identifierByteCount), take(Self.wrappedByteCount))
    }
}

extension LedgerTraceLayout.Slot {
    /// Nil when nothing was written in that slot or it does not open: then the other slot counts.
    init?(_ sealed: [UInt8], at slot: Int, _ key: DataKey) {
        guard let plain = try? key.open(sealed, record: Int64(slot), column: .tracePosition) else { return nil }
        sequence = plain.integer(at: 0)
        identity = StoreFile.Identity(
            number: UInt64(bitPattern: plain.integer(at: 8)), birth: plain.integer(at: 16))
        position = LedgerTrace.Position(claimed: plain.integer(at: 24), reserved: plain.integer(at: 32))
        storeID = Array(plain[40...])
    }
}

extension Int64 {
    /// Its 8 bytes, big-endian.
    var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension [UInt8] {
    /// The big-endian number in the 8 bytes from an index on.
    func integer(at index: Int) -> Int64 { self[index..<(index + 8)].reduce(0) { $0 << 8 | Int64($1) } }
}
