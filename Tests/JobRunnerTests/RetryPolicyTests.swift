import Basics
import RecordStore
import TestSupport
import Testing

@testable import JobRunner

@Suite struct RetryPolicyTests {
    private static let policy = RetryPolicy(RunnerConfiguration())

    @Test(arguments: [
        (0, 500), (1, 1000), (2, 2000), (3, 4000), (6, 32_000), (7, 60_000), (8, 60_000), (1000, 60_000),
        (-1, 500),
    ])
    func delaysAreDrawnFromNoughtToADoublingCeiling(earlier: Int, ceiling: Int64) {
        #expect(Self.policy.delay(earlier, random: 0) == .zero)
        #expect(Self.policy.delay(earlier, random: 0.5) == .milliseconds(ceiling / 2))
        let longest = Self.policy.delay(earlier, random: 1.0.nextDown).milliseconds
        #expect(longest < ceiling && longest >= ceiling - 1)
    }

    /// An outcome, attempts spent before, whether the gate is closed; and what follows at time 10,000 with random 0.5.
    struct Row: Sendable {
        let outcome: Outcome
        var number = 1
        var spent = 0
        var isGateClosed = false
        var reopensAt: WallTime = 10_000
        let next: NextStep
    }

    static let rows: [Row] = [
        Row(outcome: Outcome(.succeeded), next: .succeeded),
        Row(outcome: Outcome(.rejected), next: .failed),
        Row(outcome: Outcome(.undecipherable), next: .inDoubt), Row(outcome: Outcome(.repeated), next: .inDoubt),
        Row(outcome: Outcome(.inDoubt), spent: 4, isGateClosed: true, next: .inDoubt),
        Row(outcome: Outcome(.transient), next: .retry(notBefore: 10_250, spendsAttempt: true)),
        Row(
            outcome: Outcome(.transient), number: 4, spent: 3,
            next: .retry(notBefore: 12_000, spendsAttempt: true)),
        Row(outcome: Outcome(.transient), number: 5, spent: 4, next: .failed),
        Row(outcome: Outcome(.transient), number: 9, spent: 4, next: .failed),
        Row(
            outcome: Outcome(.transient, gateSignal: .trouble), number: 5, spent: 4, isGateClosed: true,
            next: .retry(notBefore: 14_000, spendsAttempt: false)),
        Row(outcome: Outcome(.transient), number: 5, spent: 4, isGateClosed: true, next: .failed),
        Row(outcome: Outcome(.unsent), number: 50, spent: 4, next: .retry(notBefore: 40_000, spendsAttempt: false)),
        Row(outcome: Outcome(.overloaded), number: 2, next: .retry(notBefore: 10_500, spendsAttempt: false)),
        Row(
            outcome: Outcome(.overloaded, retryAfter: .seconds(9)), reopensAt: 19_000,
            next: .retry(notBefore: 19_000, spendsAttempt: false)),
        Row(
            outcome: Outcome(.transient, retryAfter: .seconds(9)), reopensAt: 19_000,
            next: .retry(notBefore: 19_000, spendsAttempt: true)),
        Row(
            outcome: Outcome(.overloaded, retryAfter: .seconds(0)), reopensAt: 10_000,
            next: .retry(notBefore: 10_250, spendsAttempt: false)),
        Row(outcome: Outcome(.misconfigured), next: .retry(notBefore: 31_000, spendsAttempt: false)),
        Row(outcome: Outcome(.misconfigured), number: 4, next: .retry(notBefore: 31_000, spendsAttempt: false)),
        Row(outcome: Outcome(.misconfigured), number: 5, next: .retry(notBefore: 310_000, spendsAttempt: false)),
    ]

    @Test(arguments: rows)
    func everyOutcomeHasItsStep(row: Row) {
        let step = Self.policy.step(
            after: row.outcome, number: row.number, spent: row.spent, isGateClosed: row.isGateClosed,
            reopensAt: row.reopensAt, now: 10_000, random: 0.5)
        #expect(step == row.next)
    }

    @Test func withOneAttemptTheFirstTransientFaultIsFinal() {
        var configuration = RunnerConfiguration()
        configuration.attempts = 1
        let step = RetryPolicy(configuration).step(
            after: Outcome(.transient), number: 1, spent: 0, isGateClosed: false, reopensAt: 0, now: 0, random: 0)
        #expect(step == .failed)
    }
}
