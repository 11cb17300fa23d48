import Foundation
import JSON
import TestSupport
import Testing

@testable import Operations

@Suite("audit, admin token, notify test, migrate, move and nodes, in this process", .timeLimit(.minutes(15)))
struct AdministeringOperationsTests {
    @Test("audit lists what was done, of the days that are asked for, and proves that nothing is missing")
    func audit() async throws {
        try await EmulatedInstallation.with { place in
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            func list(_ from: String?, _ to: String?, json: Bool = false) async throws -> OperationOutcome {
                try await place.perform {
                    try await AuditOperation(from: from, to: to, config: $0, json: json, console: $1).perform()
                }
            }
            func verify(_ heads: String...) async throws -> OperationOutcome {
                try await place.perform {
                    try await AuditVerifyOperation(heads: heads, config: $0, json: false, console: $1).perform()
                }
            }
            let all = try await list(nil, nil)
            #expect(all.status == .succeeded)
            #expect(all.output.hasPrefix(AuditLine.header) && all.output.contains("start_runner"), "\(all.output)")
            let entries = try await list("2020-01-01", "2099-12-31", json: true).json()
            #expect(entries.map { $0["entry"]?.integer } == (1...entries.count).map { Int64($0) })
            #expect(try await list(nil, "2020-01-01").output == AuditLine.header + "\n")
            #expect(try await list("2026-03-02", "2026-03-01").status == .usage)

            let head = try #require(entries.last?["hash"]?.string)
            let sound = try await verify(head)
            #expect(sound.status == .succeeded, "\(sound.output)")
            // One in the batch's summary.
            #expect(sound.output.contains("2 hashes known from elsewhere are in it"), "\(sound.output)")
            let missing = try await verify(String(repeating: "a1", count: 32))
            #expect(missing.status == .unfinished)
            #expect(missing.output.contains("--head knows an entry"), "\(missing.output)")
            #expect(try await verify("a1").status == .usage)
        }
    }

    @Test("admin token makes a token in place of the former one, and says what is missing to use it")
    func adminToken() async throws {
        try await EmulatedInstallation.with { place in
            func make(_ role: AdminTokens.Role, json: Bool) async throws -> OperationOutcome {
                try await place.perform {
                    try await AdminTokenOperation(role: role, config: $0, json: json, console: $1).perform()
                }
            }
            let (first, second) = (try await make(.operator, json: false), try await make(.operator, json: true))
            #expect(first.status == .succeeded && first.errors.contains("admin.listen"), "\(first.errors)")
            let token = try #require(try second.json().first?["token"]?.string)
            #expect(try second.json().first?["role"]?.string == "operator")
            #expect(first.output != token + "\n" && !token.isEmpty)
            // What is kept is not what was shown.
            for name in try place.names(in: "secrets") where !name.hasSuffix("periods") {
                let kept = try #require(FileManager.default.contents(atPath: place.file("secrets/\(name)")))
                #expect(!kept.holds(Array(token.utf8)))
            }
        }
    }

    @Test("notify test reaches everybody who is told, and says who is not reached")
    func notify() async throws {
        func test(_ place: EmulatedInstallation, json: Bool = false) async throws -> OperationOutcome {
            try await place.perform {
                try await NotifyTestOperation(job: nil, config: $0, json: json, console: $1).perform()
            }
        }
        try await EmulatedInstallation.with { place in
            let nobody = try await test(place)
            #expect(nobody.status == .configuration && nobody.errors.contains("set notify in"), "\(nobody.errors)")
        }
        let settings = EmulatedSettings.fast + "notify: [sh, -c, 'cat >> told.jsonl']\n"
        let job = "schedule: \"0 3 * * *\"\nsource: { glob: in/*.csv }\nnotify: [sh, -c, 'cat >/dev/null; exit 7']\n"
        try await EmulatedInstallation.with(settings: settings, jobs: ["night": job]) { place in
            let told = try await test(place)
            #expect(told.status == .unfinished, "\(told.errors)")
            let lines = told.output.split(separator: "\n")
            #expect(lines.first == "ok      sh" && lines.last?.hasPrefix("FAILED  sh: ") == true, "\(told.output)")
            #expect(try place.text("told.jsonl").contains(#""event":"test""#))
            let json = try await test(place, json: true).json().first
            #expect(json?[0]?["arrived"]?.boolean == true && json?[1]?["failure"]?.string != nil)
        }
    }

    @Test("migrate has nothing to do for a database of this version, and names one that is not there")
    func migrate() async throws {
        try await EmulatedInstallation.with { place in
            func migrate() async throws -> OperationOutcome {
                try await place.perform { try await MigrateOperation(config: $0, console: $1).perform() }
            }
            #expect(try await migrate().status == .configuration)
            try place.write(accounts(["ada"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let done = try await migrate()
            #expect(done.status == .succeeded && done.errors.contains("there is nothing to do"), "\(done.errors)")
        }
    }

    @Test("move leads to PostgreSQL, where nodes can be listed, drained and retired")
    func moveAndNodes() async throws {
        let server = try PostgreSQLServer.shared.get()
        let name = try server.makeDatabase()
        let settings = EmulatedSettings.fast + "node: { name: a, folder: node }\n"
        try await EmulatedInstallation.with(settings: settings) { place in
            func nodes(_ request: NodesOperation.Request, json: Bool = false) async throws -> OperationOutcome {
                try await place.perform {
                    try await NodesOperation(request, config: $0, json: json, console: $1).perform()
                }
            }
            func move(to target: String) async throws -> OperationOutcome {
                try await place.perform { try await MoveOperation(to: target, config: $0, console: $1).perform() }
            }
            try place.write(accounts(["ada", "bea"]), to: "day.csv")
            #expect(try await place.run("day.csv").status == .succeeded)
            let alone = try await nodes(.list)
            #expect(alone.status != .succeeded && alone.errors.contains("PostgreSQL"), "\(alone.errors)")
            #expect(try await move(to: "var/other.sqlite").status == .usage)
            let moved = try await move(to: server.url(name))
            #expect(moved.status == .succeeded && moved.output == server.url(name) + "\n", "\(moved.errors)")
            #expect(moved.errors.contains("1 batch, 2 records and 2 attempts"), "\(moved.errors)")

            let text = try place.text("rollcall.yaml")
            try place.write(text.replacing("var/rollcall.sqlite", with: server.url(name)), to: "rollcall.yaml")
            #expect(try await move(to: server.url(name)).status == .usage)
            let listed = try await nodes(.list, json: true).json()
            #expect(listed.map { $0["name"]?.string } == ["a"] && listed.map { $0["state"]?.string } == ["live"])
            for (request, said) in [
                (NodesOperation.Request.drain("a"), "is draining now"), (.drain("a"), "was draining"),
                (.retire("a", to: nil), "is retired now"), (.retire("a", to: nil), "was retired before"),
            ] {
                let done = try await nodes(request)
                #expect(done.status == .succeeded && done.errors.contains(said), "\(done.errors)")
            }
            #expect(try await nodes(.drain("b")).status == .usage)
            try await place.expectLedgerEqualsCalls()
        }
        try server.remove(name)
    }
}
