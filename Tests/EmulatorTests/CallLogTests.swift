import Foundation
import HTTPTransport
import JSON
import Testing

@testable import Emulator

@Suite(.serialized) struct CallLogTests {
    @Test("the log equals the calls made, line by line")
    func equality() async throws {
        let folder = try Folder()
        let path = folder.path("calls.jsonl")
        let emails = ["ada@example.com", "iia+503x1@example.com", "iia+503x1@example.com", "iia+reset@example.com"]
        try await Stage.run(emulator: { $0.callLogPath = path }) { emulator, client in
            var correlations = [String?]()
            for email in emails {
                let exchange = try await client.call(SampleRequest.whole(email: email))
                correlations.append(exchange.answer?.header("X-MC-Correlation-ID"))
            }
            _ = await client.post(Array("{}".utf8))
            let lines = try lines(of: path)
            #expect(lines.map { $0["n"]?.integer } == [1, 2, 3, 4, 5])
            #expect(lines.map { $0["status"]?.integer } == [200, 503, 200, 0, 400])
            #expect(lines.map { $0["attempt"]?.integer } == [1, 1, 2, 1, nil])
            #expect(lines.map { $0["fault"]?.string } == [nil, "503", nil, "reset", "unreadable"])
            #expect(lines.prefix(3).map { $0["correlation_id"]?.string } == correlations.prefix(3).map { $0 })
            #expect(lines.map { $0["account"]?.string } == ["c0ffee", "c0ffee", "c0ffee", "c0ffee", nil])
            let counted = Dictionary(grouping: lines.compactMap { $0["request"]?.string }) { $0 }.mapValues(\.count)
            #expect(emulator.calls.byRequest == counted)
            #expect(emulator.calls.total == 5)
        }
    }

    @Test("no line holds an email, and only the owner can read the file")
    func privacy() async throws {
        let folder = try Folder()
        let path = folder.path("calls.jsonl")
        try await Stage.run(emulator: { $0.callLogPath = path }) { _, client in
            _ = try await client.call(SampleRequest.whole(email: "secret@example.com"))
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.contains("c0ffee") && !text.contains("secret"))
    }

    @Test("a log that is there is continued")
    func continuing() async throws {
        let folder = try Folder()
        let path = folder.path("calls.jsonl")
        for _ in 0..<2 {
            try await Stage.run(emulator: { $0.callLogPath = path }) { _, client in
                _ = try await client.call(SampleRequest.whole())
            }
        }
        #expect(try lines(of: path).map { $0["n"]?.integer } == [1, 2])
    }

    @Test("a call that cannot be logged is neither counted nor answered with insights")
    func full() async throws {
        try await Stage.run(emulator: { $0.callLogPath = "/dev/full" }) { emulator, client in
            let answer = try await client.call(SampleRequest.whole()).answer
            #expect(answer?.status == 500)
            #expect(emulator.calls.total == 0)
        }
    }

    @Test("a log that cannot be opened is an error that says so")
    func unopened() throws {
        var configuration = EmulatorConfiguration()
        configuration.callLogPath = "/nonexistent/calls.jsonl"
        let keys = try Stage.material.get().keys
        #expect(throws: EmulatorError.self) { try Emulator(configuration, material: keys) }
    }

    private func lines(of path: String) throws -> [JSONNode] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map {
            try JSONDocument(parsing: Array($0.utf8)).root
        }
    }
}
