package import Basics
import Foundation

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
