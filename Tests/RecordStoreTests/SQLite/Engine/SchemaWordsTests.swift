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
        let folder = try StoreFolder()
        let store = try await folder.open()
        let schema = try await store.read { database in
            try String.fetchAll(database, sql: "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").joined()
        }
        let check = try #require(schema.split(separator: "CONSTRAINT \(constraint) CHECK (").dropFirst().first)
        let listed = check.prefix { $0 != ")" }.matches(of: /'(\w+)'/).map { String($0.1) }
        #expect(Set(listed) == Set(words) && listed.count == words.count)
        try await store.close()
    }
}
