import Testing

@testable import RecordStore

@Suite struct DataKeyCacheTests {
    private static func key() throws -> DataKey {
        try DataKey(key: [UInt8](repeating: 7, count: 32), identifier: [UInt8](repeating: 1, count: 8))
    }

    @Test func keepsTheKeysThatWereUsedLast() throws {
        var cache = DataKeyCache()
        let first = try Self.key()
        cache.keep(first, of: BatchID(rawValue: 1))
        for number in 2...DataKeyCache.capacity { cache.keep(try Self.key(), of: BatchID(rawValue: Int64(number))) }
        #expect(cache.key(of: BatchID(rawValue: 1)) === first)
        cache.keep(try Self.key(), of: BatchID(rawValue: 1_000))
        #expect(cache.key(of: BatchID(rawValue: 1)) === first)
        #expect(cache.key(of: BatchID(rawValue: 2)) == nil)
        #expect(cache.count == DataKeyCache.capacity)
    }

    @Test func aKeyThatIsKeptAgainTakesOnePlace() throws {
        var cache = DataKeyCache()
        cache.keep(try Self.key(), of: BatchID(rawValue: 1))
        let again = try Self.key()
        cache.keep(again, of: BatchID(rawValue: 1))
        #expect(cache.key(of: BatchID(rawValue: 1)) === again)
        #expect(cache.count == 1)
    }
}
