import RecordStore
import TestSupport
import Testing

@Suite("The reminders of keys that were sent", .everyEngine)
struct KeyReminderTests {
    private static let key = String(repeating: "a1", count: 32)

    @Test("Each is taken once for a key and a number of days, also after the database was opened again")
    func once() async throws {
        let folder = try StoreFolder()
        let store = try await folder.open()
        #expect(try await store.takeKeyReminder(of: Self.key, days: 30, at: 1))
        #expect(try await !store.takeKeyReminder(of: Self.key, days: 30, at: 2))
        #expect(try await store.takeKeyReminder(of: Self.key, days: 14, at: 3))
        #expect(try await store.takeKeyReminder(of: String(repeating: "b2", count: 32), days: 30, at: 4))
        try await store.close()
        let again = try await folder.open()
        #expect(try await !again.takeKeyReminder(of: Self.key, days: 14, at: 5))
        try await again.close()
    }
}
