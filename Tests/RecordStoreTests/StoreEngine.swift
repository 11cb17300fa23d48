import Foundation
import Testing

@testable import RecordStore

/// A database engine that the store's behaviour is tested on. What only one engine has, such as SQLite's files, is tested
/// apart.
enum StoreEngine: String, CaseIterable, Sendable {
    case sqlite

    /// The engines of this run: all, or the one that the environment names in `ROLLCALL_TEST_ENGINE`.
    static let all: [StoreEngine] = {
        guard let name = ProcessInfo.processInfo.environment["ROLLCALL_TEST_ENGINE"] else { return allCases }
        return allCases.filter { $0.rawValue == name }
    }()

    /// The engine of the test that runs: ``StoreFolder`` makes its database with it.
    @TaskLocal static var current = StoreEngine.sqlite
}

/// Runs each test of a suite on every engine, one after the other.
struct EveryEngine: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        for engine in StoreEngine.all { try await StoreEngine.$current.withValue(engine, operation: function) }
    }
}

extension Trait where Self == EveryEngine {
    /// Each test runs on every engine.
    static var everyEngine: EveryEngine { EveryEngine() }
}
