import Basics
import Foundation
import RecordStore
import Results
import Settings

/// `rollcall keys periods`: the keys of months, and those of months to come.
package struct KeysPeriodsOperation: Sendable {
    /// How many months can be asked for.
    package static let mostMonths = 120

    private let months: Int?
    private let config: String
    private let json: Bool
    private let console: Console

    /// Says for how many months keys are made, the present one included; nil: none are.
    package init(months: Int?, config: String, json: Bool, console: Console = .standard) {
        (self.months, self.config, self.json, self.console) = (months, config, json, console)
    }

    /// Makes keys where they are wanted, lists them, and says what is to be copied where.
    package func perform() async throws -> ExitStatus {
        if let months, !(1...Self.mostMonths).contains(months) {
            throw OperationFailure(.usage, "--months is a number from 1 to \(Self.mostMonths), not \(months)")
        }
        let place = try Installation(config: config)
        let (made, keys, nodes) = try await found(in: place)
        let report = PeriodKeysReport(
            keysFolder: place.settings.keysFolder, made: made.map(\.description),
            otherNodes: nodes?.map(\.name) ?? [], keys: keys.map(PeriodKeyLine.init))
        if json {
            console.output(json: report)
        } else {
            console.output(PeriodKeyLine.header)
            for line in report.keys { console.output(line.text) }
        }
        for line in report.advice(hosts: nodes.map { $0.map { "\($0.name) on \($0.host)" } }, wasAsked: months != nil) {
            console.note(line)
        }
        return .succeeded
    }

    /// The months whose keys were made, all keys, and the other nodes; nil: the database has one runner.
    private typealias Found = (made: [CalendarMonth], keys: [PeriodKeyView], nodes: [NodeView]?)

    private func found(in place: Installation) async throws -> Found {
        guard let months else { return try await place.reading { try await found(in: $0, of: place, made: []) } }
        return try await OperatorSession.with(place, console: console) { session in
            let now = WallTime.now()
            let last = CalendarMonth(at: now).following(months).last.map { "up to \($0)" }
            let made = try await session.store.makePeriodKeys(
                ofMonths: months, from: now, noting: session.action(.makePeriodKeys, of: nil, detail: last))
            return try await found(in: session.store, of: place, made: made)
        }
    }

    private func found(in store: RecordStore, of place: Installation, made: [CalendarMonth]) async throws -> Found {
        let keys = try await store.periodKeys()
        let own = place.settings.node.name
        let nodes = try await store.nodesIfShared()?.filter { $0.standing != .retired && $0.name != own }
        return (made, keys, nodes)
    }
}

/// What `keys periods` prints.
struct PeriodKeysReport: Encodable {
    let keysFolder: String
    let made: [String]
    let otherNodes: [String]
    let keys: [PeriodKeyLine]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case made, keys
        case keysFolder = "keys_folder"
        case otherNodes = "other_nodes"
    }

    /// What was done and is to be done, in words.
    ///
    /// - Parameters:
    ///   - hosts: The other nodes with their machines; nil: the database has one runner.
    ///   - wasAsked: Whether keys were to be made.
    /// - Returns: The lines.
    func advice(hosts: [String]?, wasAsked: Bool) -> [String] {
        var lines: [String] = []
        if wasAsked {
            let count = Counted.things(made.count, "key")
            lines.append(
                made.isEmpty
                    ? "these months had their keys before"
                    : "\(count) made in \(keysFolder)/periods: \(made.joined(separator: ", "))")
        }
        let lacking = keys.filter { $0.state == .live && !$0.isHere }.map(\.file)
        guard let hosts else {
            lines += lacking.map { "\($0) is missing from \(keysFolder): put it back from your copy of it" }
            guard wasAsked else { return lines }
            return lines + [
                "this database is a file, and no other machine runs from it: no key is to be copied to another one, but "
                    + "copy \(keysFolder) again to where its copy is kept"
            ]
        }
        lines += lacking.map { "\($0) is missing from \(keysFolder): copy it here from the node that made it" }
        if wasAsked {
            let files = keys.filter { $0.state == .live && $0.isHere }.map { "\(keysFolder)/\($0.file)" }
            let targets = hosts.isEmpty ? "each further node, before its first start" : hosts.joined(separator: ", ")
            lines.append(
                "copy \(files.joined(separator: " ")) to keys_folder/periods of \(targets), mode 0600, same owner: a node "
                    + "without a month's key takes in and sends nothing of that month")
        }
        for key in keys where !key.nodesWithCopies.isEmpty {
            lines.append(
                "the key of \(key.month) was destroyed, and \(key.nodesWithCopies.joined(separator: ", ")) "
                    + "\(Counted.verb(key.nodesWithCopies.count)) yet to say that no copy is left: a daemon does "
                    + "\(SharedErasure.interval), or the next start")
        }
        return lines
    }
}

/// One month's key as `keys periods` lists it.
struct PeriodKeyLine: Encodable {
    static let header = "MONTH\tSTATE\tFILE\tHERE\tNODES WITH COPIES"

    /// Whether it can be used.
    enum State: String, Encodable {
        case live, destroyed
    }

    let month: String
    let state: State
    let file: String
    let isHere: Bool
    let nodesWithCopies: [String]

    enum CodingKeys: String, CodingKey, CaseIterable {
        case month, state, file
        case isHere = "here"
        case nodesWithCopies = "nodes_with_copies"
    }

    init(_ key: PeriodKeyView) {
        (month, file, isHere) = (key.month.description, key.file, key.isHere)
        (state, nodesWithCopies) = (key.isDestroyed ? .destroyed : .live, key.nodesLeft)
    }

    var text: String {
        [month, state.rawValue, file, isHere ? "yes" : "no", nodesWithCopies.joined(separator: " ")]
            .joined(separator: "\t")
    }
}

/// What is said of months' keys that another node made and this installation lacks.
enum PeriodKeysElsewhere {
    /// One line; nil: there are none.
    static func warning(_ files: [String], keysFolder: String) -> String? {
        guard !files.isEmpty else { return nil }
        return
            "\(files.joined(separator: ", ")) \(files.count == 1 ? "is" : "are") missing from \(keysFolder): copy what "
            + "another node made; without a month's key nothing of that month is taken in or sent here"
    }
}

/// `rollcall keys rotate`: a new sealing key for everything in `keys_folder`.
package struct KeysRotateOperation: Sendable {
    private let target: String?
    private let config: String
    private let json: Bool
    private let console: Console

    /// Names the file for the new key; nil: it takes the old one's name.
    package init(to target: String?, config: String, json: Bool, console: Console = .standard) {
        self.target = target.map { URL(filePath: $0).standardizedFileURL.path }
        self.config = config
        self.json = json
        self.console = console
    }

    /// Replaces the key and says what to do about the old one.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let report = try await place.database.rotateSealingKey(to: target)
        await enter(report, place)
        for line in Self.lines(report, place.settings.keysFolder, runner: try await place.database.runnerProcess()) {
            console.note(line)
        }
        if place.settings.isOnPostgreSQL {
            console.note(
                "the other nodes still open their copies with the old key: end each, copy the new key and "
                    + "\(place.settings.keysFolder) there, and start it again; until then a month's key that is made here does "
                    + "not open there")
        }
        if json {
            console.output(json: report)
        } else {
            console.output(report.newKeyFile)
        }
        return .succeeded
    }

    /// Enters it in the audit, opened by the new key; the rotation stands also where that cannot be written.
    private func enter(_ report: KeyRotationReport, _ place: Installation) async {
        var settings = place.settings
        settings.sealingKey = report.newKeyFile
        do {
            try await OperatorSession.with(Installation(settings), console: console) { session in
                try await session.note(.rotate, of: nil, detail: "\(report.oldKey) by \(report.newKey)")
            }
        } catch {
            console.note("warning: this is not entered in the audit: \(OperationFailure(error).message)")
        }
    }

    /// What was done and what remains to be done, in words.
    static func lines(_ report: KeyRotationReport, _ folder: String, runner: Int32?) -> [String] {
        var lines = [
            "\(Counted.things(report.resealed, "key")) in \(folder) \(Counted.verb(report.resealed)) sealed again: sealing key "
                + "\(report.newKey), \(report.newKeyFile), is in force"
        ]
        if report.wantsSetting { lines.append("set sealing_key to \(report.newKeyFile), or hand over that key, now") }
        if let runner {
            lines.append(
                report.wantsSetting
                    ? "then kill -HUP \(runner), so that the process that runs batches takes it up"
                    : "process \(runner) runs batches and takes it up by itself, at once by kill -HUP \(runner)")
        }
        let old = report.oldKeyFile.map { "\(report.oldKey), \($0)," } ?? report.oldKey
        lines.append(
            "the old key \(old) is no longer needed here: copy \(folder) again to where its copy is kept, then remove that key; "
                + "copies of the folder, and backups from before there were period keys, open with it alone")
        return lines
    }
}
