import Foundation
import Testing

@testable import RecordStore

/// A database engine that the store's behaviour is tested on. What only one engine has, such as SQLite's files, is tested
/// apart.
enum StoreEngine: String, CaseIterable, Sendable {
    case sqlite
    case postgreSQL

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
        guard testCase != nil else { return try await function() }
        for engine in StoreEngine.all {
            switch engine {
            case .sqlite: try await StoreEngine.$current.withValue(engine, operation: function)
            case .postgreSQL:
                try await OnPostgreSQL.inTurn { try await StoreEngine.$current.withValue(engine, operation: function) }
            }
        }
    }
}

extension Trait where Self == EveryEngine {
    /// Each test runs on every engine.
    static var everyEngine: EveryEngine { EveryEngine() }
}

/// Lets some tests at a time use the server: each has several connections, and the server has so many.
struct OnPostgreSQL: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    private actor Places {
        private var free = 8
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func take() async {
            guard free == 0 else { return free -= 1 }
            await withCheckedContinuation { waiting.append($0) }
        }

        func giveBack() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }

    private static let places = Places()

    static func inTurn(_ body: @Sendable () async throws -> Void) async throws {
        await places.take()
        do {
            try await body()
        } catch {
            await places.giveBack()
            throw error
        }
        await places.giveBack()
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await Self.inTurn(function)
    }
}

extension Trait where Self == OnPostgreSQL {
    /// The tests use the server of their own accord.
    static var onPostgreSQL: OnPostgreSQL { OnPostgreSQL() }
}
