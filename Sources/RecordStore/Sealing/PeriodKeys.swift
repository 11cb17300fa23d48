package import Basics
import Foundation
import OpenSSL

/// A calendar month in UTC, as `yyyymm`.
package struct CalendarMonth: RawRepresentable, Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The month as a number, 202511 for November 2025.
    package let rawValue: Int64

    /// Takes a month as a number; nil where there is no such month.
    package init?(rawValue: Int64) {
        guard (197_001...999_912).contains(rawValue), (1...12).contains(rawValue % 100) else { return nil }
        self.rawValue = rawValue
    }

    /// The month of an instant.
    package init(at instant: WallTime) {
        rawValue = CallDay(at: instant, in: .gmt).rawValue / 100
    }

    package static func < (left: CalendarMonth, right: CalendarMonth) -> Bool { left.rawValue < right.rawValue }

    /// As people and file names write it: `2025-11`.
    package var description: String {
        let digits = String(rawValue)
        return "\(digits.dropLast(2))-\(digits.suffix(2))"
    }

    /// Reads what ``description`` writes.
    init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].count == 4, parts[1].count == 2, let number = Int64(parts.joined()) else {
            return nil
        }
        self.init(rawValue: number)
    }
}

/// What identifies a period key: 8 random bytes.
struct PeriodKeyID: Hashable, Sendable {
    static let byteCount = DataKey.identifierByteCount
    let bytes: [UInt8]

    static func random() throws -> PeriodKeyID { PeriodKeyID(bytes: try SecureRandom.bytes(byteCount)) }

    /// The id as the number that its sealed file names as its owner.
    var owner: Int64 { bytes.integer(at: 0) }
}

/// A period key's month and id, by which its file is named.
struct PeriodKeyName: Hashable, Sendable {
    let month: CalendarMonth
    let id: PeriodKeyID

    init(month: CalendarMonth, id: PeriodKeyID) {
        self.month = month
        self.id = id
    }

    /// The file's name without its extension: `2025-11-0123456789abcdef`.
    var stem: String { "\(month)-\(Hexadecimal.encode(id.bytes))" }

    /// Reads what ``stem`` writes; nil for anything else.
    init?(stem: String) {
        let parts = stem.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, let month = CalendarMonth(parts[0] + "-" + parts[1]),
            let bytes = Hexadecimal.decode(parts[2].utf8), bytes.count == PeriodKeyID.byteCount
        else { return nil }
        self.init(month: month, id: PeriodKeyID(bytes: bytes))
    }
}

/// The key of a calendar month: it wraps the data keys of the batches made in it.
struct PeriodKey: Sendable {
    let name: PeriodKeyName
    private let key: DataKey

    init(_ name: PeriodKeyName, _ key: [UInt8]) throws {
        self.name = name
        self.key = try DataKey(key: key, identifier: name.id.bytes)
    }

    /// Wraps a batch's data key.
    func wrap(_ dataKey: [UInt8], of batch: BatchID) throws -> [UInt8] {
        try key.seal(dataKey, record: batch.rawValue, column: .dataKey)
    }

    /// Opens what ``wrap(_:of:)`` wrapped.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/altered`` when it was altered or is another batch's.
    func unwrap(_ wrapped: [UInt8], of batch: BatchID) throws -> [UInt8] {
        try key.open(wrapped, record: batch.rawValue, column: .dataKey)
    }
}

/// Whether a period key can still be used.
enum PeriodKeyState: String, Sendable, CaseIterable {
    case live
    case destroyed
}

/// A batch's key as the database holds it: wrapped by the key of the month in which the batch was made.
struct WrappedDataKey: Sendable {
    let batch: BatchID
    let identifier: [UInt8]
    let period: PeriodKeyName
    let wrapped: [UInt8]

    /// Generates a key for a batch and wraps it.
    static func make(for batch: BatchID, under period: PeriodKey) throws -> WrappedDataKey {
        let key = try SecureRandom.bytes(AES256GCM.keyByteCount)
        return WrappedDataKey(
            batch: batch, identifier: try SecureRandom.bytes(DataKey.identifierByteCount), period: period.name,
            wrapped: try period.wrap(key, of: batch))
    }

    /// Reads a batch's key; nil when it was erased, by itself or with its month.
    static func fetch(_ database: StoreConnection, _ batch: BatchID) throws -> WrappedDataKey? {
        let sql = """
            SELECT data_key_id, period_key_id, month, wrapped_key FROM batch_keys
              JOIN period_keys ON period_keys.id = period_key_id
            WHERE batch_id = ? AND period_keys.state = 'live'
            """
        guard let row = try StoredRow.fetchOne(database, sql: sql, arguments: [batch.rawValue]) else { return nil }
        let period = try PeriodKeyName(id: row.bytes(1), month: row[2])
        return WrappedDataKey(batch: batch, identifier: row.bytes(0), period: period, wrapped: row.bytes(3))
    }

    /// Opens the key under its period key.
    func unwrap(with period: PeriodKey) throws -> DataKey {
        try DataKey(key: period.unwrap(wrapped, of: batch), identifier: identifier)
    }

    /// Opens the key; its period key may have to be read, which may block.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/keysFolder`` or ``StoreErrorCode/sealingKey`` when that can't be.
    func unwrap(with keys: StoreKeys) throws -> DataKey { try unwrap(with: keys.periodKey(period)) }

    /// Writes it.
    func insert(_ database: StoreConnection) throws {
        try database.execute(
            sql: "INSERT INTO batch_keys (batch_id, data_key_id, period_key_id, wrapped_key) VALUES (?, ?, ?, ?)",
            arguments: [batch.rawValue, identifier, period.id.bytes, wrapped])
    }
}

extension PeriodKeyName {
    /// A key as a row of the database names it.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/damaged`` where the schema's rules do not hold.
    init(id: [UInt8], month: Int64) throws {
        guard let month = CalendarMonth(rawValue: month), id.count == PeriodKeyID.byteCount else {
            throw StoreError(.damaged, "The database names a period key that cannot be; restore it from a backup")
        }
        self.init(month: month, id: PeriodKeyID(bytes: id))
    }

    /// The month's key that is in use; nil when there is none yet.
    static func live(in month: CalendarMonth, _ database: StoreConnection) throws -> PeriodKeyName? {
        let sql = "SELECT id FROM period_keys WHERE month = ? AND state = 'live'"
        return try StoredRow.fetchOne(database, sql: sql, arguments: [month.rawValue]).map {
            try PeriodKeyName(id: $0.bytes(0), month: month.rawValue)
        }
    }

    /// All keys in a state, oldest month first.
    static func all(_ state: PeriodKeyState, _ database: StoreConnection) throws -> [PeriodKeyName] {
        let sql = "SELECT id, month FROM period_keys WHERE state = ? ORDER BY month"
        return try StoredRow.fetchAll(database, sql: sql, arguments: [state.rawValue]).map {
            try PeriodKeyName(id: $0.bytes(0), month: $0[1])
        }
    }

    /// Enters it as in use.
    func insert(_ database: StoreConnection, at now: WallTime) throws {
        try database.execute(
            sql: "INSERT INTO period_keys (id, month, created_at) VALUES (?, ?, ?)",
            arguments: [id.bytes, month.rawValue, now])
    }
}

extension RecordStore {
    /// The key to wrap the data key of a batch made at a time; its file exists.
    func periodKey(forBatchMadeAt time: WallTime) async throws -> PeriodKey {
        let month = CalendarMonth(at: time)
        return try await BlockingWork.run {
            if let name = try readWaiting({ try PeriodKeyName.live(in: month, $0) }) { return try keys.periodKey(name) }
            return try keys.newPeriodKey(for: month)
        }
    }
}

extension WriterConnection {
    /// Makes sure, in the transaction that takes something in under it, that a period key is in use.
    ///
    /// - Throws: ``StoreError`` with ``StoreErrorCode/notAllowed`` when it was destroyed.
    func requireLive(_ period: PeriodKeyName) throws {
        let state = try String.fetchOne(
            database, sql: "SELECT state FROM period_keys WHERE id = ?", arguments: [period.id.bytes])
        guard let state else { return try period.insert(database, at: WallTime.now()) }
        guard state == PeriodKeyState.live.rawValue else { throw StoreError.nothingTakenIn(under: period.month) }
    }

    /// The same for a batch that takes records in.
    func requireLiveKey(of batch: BatchID) throws {
        guard try WrappedDataKey.fetch(database, batch) != nil else {
            throw StoreError(.notFound, "Batch \(batch) was erased; nothing more is taken in for it")
        }
    }
}

extension StoreError {
    /// What a month's key sealed can be read by nobody once it was destroyed.
    static func destroyed(_ month: CalendarMonth) -> StoreError {
        StoreError(.purged, "The key of \(month) was destroyed: of its batches only the ledger is left")
    }

    /// Nothing is taken in under a key that was destroyed.
    static func nothingTakenIn(under month: CalendarMonth) -> StoreError {
        StoreError(
            .notAllowed, "The key of \(month) was destroyed, and what it sealed with it; nothing is taken in there")
    }
}

/// A month's key as one installation sees it.
package struct PeriodKeyView: Sendable, Equatable {
    /// The month it seals.
    package let month: CalendarMonth
    /// Its file below `keys_folder`.
    package let file: String
    /// Whether it was destroyed, and with it what it sealed.
    package let isDestroyed: Bool
    /// Whether its file is in this installation's folder.
    package let isHere: Bool
    /// The nodes that have not said yet that they have no copy any more; empty for one that is in use.
    package let nodesLeft: [String]
}

extension RecordStore {
    /// Makes the keys of months ahead, where they have none, and enters them, so that no node makes others.
    ///
    /// - Parameters:
    ///   - count: How many months, the present one included.
    ///   - now: The time.
    ///   - action: Who had it done, recorded in the same transaction where there was anything to do.
    /// - Returns: The months of which keys were made, oldest first.
    /// - Throws: ``StoreError`` when a file can't be made, or it can't be written.
    package func makePeriodKeys(
        ofMonths count: Int, from now: WallTime, noting action: Action
    ) async throws -> [CalendarMonth] {
        let months = CalendarMonth(at: now).following(count)
        // Read here, because a sealing key that is missing must not end the writer.
        try await BlockingWork.run { _ = try keys.fingerprints() }
        return try await write { [keys] connection in
            let made = try months.filter { month in
                guard try PeriodKeyName.live(in: month, connection.database) == nil else { return false }
                try keys.newPeriodKey(for: month).name.insert(connection.database, at: now)
                return true
            }
            if !made.isEmpty { try connection.insert(action) }
            return made
        }
    }

    /// The keys of all months, oldest first.
    ///
    /// - Throws: ``StoreError`` when the database or the folder can't be read.
    package func periodKeys() async throws -> [PeriodKeyView] {
        try await BlockingWork.run {
            let present = Set(try keys.folder.periodKeys())
            let (names, left) = try readWaiting { database in
                let names = try [PeriodKeyState.live, .destroyed].map { ($0, try PeriodKeyName.all($0, database)) }
                return (names, try self.nodesLeft(database))
            }
            let views = names.flatMap { state, names in
                names.map { name in
                    PeriodKeyView(
                        month: name.month, file: "periods/\(name.stem).key", isDestroyed: state == .destroyed,
                        isHere: present.contains(name), nodesLeft: left[name.id] ?? [])
                }
            }
            return views.sorted { ($0.month.rawValue, $0.file) < ($1.month.rawValue, $1.file) }
        }
    }

    /// The files of keys that are in use, and that this installation lacks: they were made by another node. Empty where the
    /// database is a file.
    ///
    /// - Throws: ``StoreError`` when the database or the folder can't be read.
    package func periodKeysElsewhere() async throws -> [String] {
        guard isAtServer else { return [] }
        return try await periodKeys().filter { !$0.isDestroyed && !$0.isHere }.map(\.file)
    }

    /// By each key that was destroyed, the nodes that may have a copy.
    private func nodesLeft(_ database: StoreConnection) throws -> [PeriodKeyID: [String]] {
        guard isAtServer else { return [:] }
        let sql = """
            SELECT period_keys.id, nodes.name FROM period_keys
              JOIN nodes ON period_keys.state = 'destroyed' AND nodes.state <> 'retired'
            WHERE NOT EXISTS (
                SELECT 1 FROM destroyed_copies WHERE node_id = nodes.id AND period_key_id = period_keys.id)
            ORDER BY nodes.name
            """
        return try StoredRow.fetchAll(database, sql: sql).reduce(into: [:]) { left, row in
            left[PeriodKeyID(bytes: row.bytes(0)), default: []].append(row[1])
        }
    }
}

extension CalendarMonth {
    /// So many months, this one the first.
    package func following(_ count: Int) -> [CalendarMonth] {
        (0..<Int64(max(0, count))).compactMap { offset in
            let months = rawValue / 100 * 12 + rawValue % 100 - 1 + offset
            return CalendarMonth(rawValue: months / 12 * 100 + months % 12 + 1)
        }
    }
}
