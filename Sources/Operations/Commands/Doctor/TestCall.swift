import Basics
import Foundation
import IdentityInsightsClient
import JobRunner
import RecordStore
import Settings

/// The doctor's one billed call. Where there is a database, the caps are checked first, and the call is recorded before
/// it is sent, like any other.
struct TestCall {
    let place: Installation
    let client: IdentityInsightsClient

    /// Sends the test record, unless a cap forbids it or it could not be recorded.
    func finding() async -> Finding {
        do {
            guard try await place.database.exists() else {
                return finding(await send(), note: "; there is no database yet, so that no ledger shows it")
            }
            return try await recorded()
        } catch {
            return .failure("one call", "not sent, for it could not be recorded: \(OperationFailure(error).message)")
        }
    }

    private func recorded() async throws -> Finding {
        let session = try await OperatorSession(place, console: .silent)
        let finding = try await recorded(in: session)
        try await session.close()
        return finding
    }

    private func recorded(in session: OperatorSession) async throws -> Finding {
        let (configuration, now) = (RunnerConfiguration(daemonOf: place.settings), WallTime.now())
        let caps = CallCaps(
            daily: configuration.dailyCalls, monthly: configuration.monthlyCalls,
            day: CallDay(at: now, in: configuration.timeZone))
        let action = try session.action(.doctor, of: nil, detail: "one test record sent")
        if let cap = try await session.store.begin(.doctor, caps: caps, action: action) {
            return .refused("one call", "not sent: limits.\(cap.rawValue) is reached")
        }
        let (reply, outcome) = await send()
        try await session.store.end(
            .doctor, on: caps.day, billable: outcome.billable, countsAsCall: outcome.countsAsCall)
        return finding((reply, outcome), note: "")
    }

    private func send() async -> (Reply, Outcome) {
        let reply = await client.submit(TestRecord.request)
        return (reply, AnswerTable.outcome(of: reply, in: AnswerTable.Circumstances()))
    }

    private func finding(_ sent: (reply: Reply, outcome: Outcome), note: String) -> Finding {
        guard sent.outcome.kind == .succeeded else {
            let text = sent.reply.errorText ?? "no answer could be used"
            return .failure("one call", "\(sent.outcome.kind.rawValue): \(text)")
        }
        let id = sent.reply.correlationID ?? sent.reply.requestRefID ?? "unknown"
        return .fine("one call", "one test record was sent, answered and billed (correlation id \(id))\(note)")
    }
}

/// The one record `doctor --one-call` sends: the example of the API's own document (openapi-0.2.2).
enum TestRecord {
    static let request = Array(
        """
        {"user":{"account":{"hashedAccountId":"3b5ed8ad6a408f42015254dd4b116080289038d41c311332e3c00be60f884370"},\
        "email":"john.smith@mastercard.com","name":"John Smith","phone":{"countryHint":"US","number":"7785732875"}}}
        """.utf8)
}
