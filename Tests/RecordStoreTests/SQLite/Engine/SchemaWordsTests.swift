import GRDB
import Testing

@testable import RecordStore

/// The words of the schema's CHECKs are those of the code.
@Suite struct SchemaWordsTests {
    @Test(arguments: [
        ("attempts_outcome", AttemptOutcome.allCases.map(\.rawValue)),
        ("archived_attempts_outcome", AttemptOutcome.allCases.map(\.rawValue)),
        ("period_keys_state", PeriodKeyState.allCases.map(\.rawValue)),
        ("audit_action", Action.Name.allCases.map(\.rawValue)),
        ("runner_requests_kind", RunnerRequest.Kind.allCases.map(\.rawValue)),
    ])
    func theSchemaKnowsTheWordsOfTheCode(constraint: String, words: [String]) async throws {
        try await expectWords(words, after: "CONSTRAINT \(constraint) CHECK (")
    }

    /// Columns of the first versions, whose constraints have no name.
    @Test(arguments: [
        ("state", BatchState.allCases.map(\.rawValue)), ("format", InputKind.allCases.map(\.rawValue)),
        ("kind", OtherCall.allCases.map(\.rawValue)),
    ])
    func unnamedConstraintsKnowThemToo(column: String, words: [String]) async throws {
        try await expectWords(words, after: "\(column) TEXT NOT NULL CHECK (\(column) IN (")
    }

    private func expectWords(_ words: [String], after beginning: String) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let schema = try await store.read { database in
            try String.fetchAll(database, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").joined()
        }
        let check = try #require(schema.split(separator: beginning).dropFirst().first)
        let listed = check.prefix { $0 != ")" }.matches(of: /'([\w ]+)'/).map { String($0.1) }
        #expect(Set(listed) == Set(words) && listed.count == words.count)
        try await store.close()
    }

    /// SQLite makes a table of its own of a list after IN, each time a statement is run.
    @Test(
        "What is written for every call builds no list of words",
        arguments: [
            """
            INSERT INTO attempts (record_id, id, number, day, started_at) VALUES (4294967297, 1, 1, 20261128, 0)
            """,
            """
            UPDATE attempts SET outcome = 'succeeded', finished_at = 1, billable = 1
            WHERE record_id = 4294967297 AND id = 1
            """,
        ])
    func noListIsBuilt(statement: String) async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        let operations = try await store.read { database in
            try StoredRow.fetchAll(database, sql: "EXPLAIN \(statement)").map { $0[1] as String }
        }
        #expect(!operations.isEmpty && !operations.contains { $0 == "OpenEphemeral" })
        try await store.close()
    }
}
