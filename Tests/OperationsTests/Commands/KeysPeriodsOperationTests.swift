import Basics
import Foundation
import TestSupport
import Testing

@testable import Operations
@testable import RecordStore

@Suite("keys periods", .timeLimit(.minutes(15)))
struct KeysPeriodsOperationTests {
    private static func perform(
        _ place: EmulatedInstallation, _ months: Int?, json: Bool = false
    ) async throws -> OperationOutcome {
        try await place.perform { config, console in
            try await KeysPeriodsOperation(months: months, config: config, json: json, console: console).perform()
        }
    }

    @Test("It lists the months' keys, makes those that are asked for, and says that one machine needs no copies")
    func oneMachine() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "first.csv")
            #expect(try await place.run("first.csv").status == .succeeded)
            let listed = try await Self.perform(place, nil)
            #expect(listed.status == .succeeded && listed.errors.isEmpty, "\(listed.errors)")
            #expect(listed.output.split(separator: "\n").count == 2, "\(listed.output)")
            let made = try await Self.perform(place, 3)
            #expect(made.output.split(separator: "\n").count == 4, "\(made.output)")
            #expect(made.errors.contains("2 keys made in") && made.errors.contains("is a file"), "\(made.errors)")
            let again = try await Self.perform(place, 3, json: true)
            #expect(again.errors.contains("had their keys before"), "\(again.errors)")
            let report = try #require(
                JSONSerialization.jsonObject(with: Data(again.output.utf8)) as? [String: Any])
            #expect((report["made"] as? [String])?.isEmpty == true && (report["keys"] as? [Any])?.count == 3)
            #expect(try place.names(in: "secrets/periods").count == 3)
            #expect(try await place.reading { try await $0.actions().map(\.name) }.contains(.makePeriodKeys))
        }
    }

    @Test("A number of months that makes no sense is refused", arguments: [0, -1, 121])
    func refused(months: Int) async {
        let error = await #expect(throws: OperationFailure.self) {
            try await KeysPeriodsOperation(months: months, config: "none", json: false).perform()
        }
        #expect(error?.status == .usage)
    }

    @Test("Nodes are told what to copy where, what they lack, and who may have copies of what was destroyed")
    func advice() {
        func line(_ month: Int64, isDestroyed: Bool = false, isHere: Bool = true, left: [String] = []) -> PeriodKeyLine
        {
            PeriodKeyLine(
                PeriodKeyView(
                    month: CalendarMonth(rawValue: month) ?? CalendarMonth(at: 0), file: "periods/\(month).key",
                    isDestroyed: isDestroyed, isHere: isHere, nodesLeft: left))
        }
        let report = PeriodKeysReport(
            keysFolder: "/keys", made: ["2026-02"], otherNodes: ["b"],
            keys: [
                line(202_512, isDestroyed: true, isHere: false, left: ["b", "c"]), line(202_601, isHere: false),
                line(202_602),
            ])
        let lines = report.advice(hosts: ["b on two", "c on three"], wasAsked: true)
        #expect(lines[0] == "1 key made in /keys/periods: 2026-02")
        #expect(lines[1].hasPrefix("periods/202601.key is missing from /keys: copy it here"))
        #expect(lines[2].hasPrefix("copy /keys/periods/202602.key to keys_folder/periods of b on two, c on three"))
        #expect(lines[3].hasPrefix("the key of 2025-12 was destroyed, and b, c are yet to say"))
        #expect(report.advice(hosts: [], wasAsked: true)[2].contains("each further node"))
        #expect(report.advice(hosts: ["b on two"], wasAsked: false).count == 2)
        #expect(PeriodKeysElsewhere.warning([], keysFolder: "/keys") == nil)
    }
}
