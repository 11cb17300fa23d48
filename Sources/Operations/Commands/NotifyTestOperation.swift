import Basics
import Foundation
import JobRunner
import Settings

/// `rollcall notify test`: sends a test to everybody who is told of events, and says whether it arrived.
package struct NotifyTestOperation: Sendable {
    private let job: String?
    private let config: String
    private let json: Bool
    private let console: Console

    /// Describes whom to test: those of one job, or, where it is nil, of the settings and all jobs.
    package init(job: String?, config: String, json: Bool, console: Console = .standard) {
        (self.job, self.config, self.json, self.console) = (job, config, json, console)
    }

    /// Sends it once each way, whatever events that way is for.
    ///
    /// - Returns: `succeeded` where all arrived, else `unfinished`.
    /// - Throws: `OperationFailure` (78) where nobody is to be told; `SettingsError`.
    package func perform() async throws -> ExitStatus {
        let place = try Installation(config: config)
        let ways = try ways(of: place)
        guard !ways.isEmpty else {
            throw OperationFailure(
                .configuration, "nobody is told of anything: set notify in \(place.settings.path), or in a job")
        }
        let folder = URL(filePath: place.settings.path).deletingLastPathComponent().path
        let delivery = NoticeDelivery(
            folder: folder, environment: ProcessInfo.processInfo.environment, clock: SystemClock())
        let notice = BatchNotice(
            .test, at: SystemClock().now, reason: "a test: somebody tries whether this arrives", remedy: nil)
        var results: [NotifyTestResult] = []
        for way in ways { results.append(NotifyTestResult(way.shortName, await delivery.deliver(notice, to: way))) }
        for result in results where !json { console.output(result.text) }
        if json { console.output(json: results) }
        return results.allSatisfy(\.arrived) ? .succeeded : .unfinished
    }

    private func ways(of place: Installation) throws -> [Settings.Notification.Target] {
        let notifications =
            try job.map { [try place.job($0).notify] }
            ?? [place.settings.notify] + JobDefinition.all(in: place.settings).map { try $0.result.get().notify }
        var seen = Set<Settings.Notification.Target>()
        return notifications.compactMap { $0?.target }.filter { seen.insert($0).inserted }
    }

}

/// What came of one way of telling people.
struct NotifyTestResult: Encodable {
    let way: String
    let arrived: Bool
    let failure: String?

    init(_ way: String, _ failure: String?) { (self.way, arrived, self.failure) = (way, failure == nil, failure) }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case way, arrived, failure
    }

    var text: String { failure.map { "FAILED  \(way): \($0)" } ?? "ok      \(way)" }
}

extension NotifyTestResult: DescribedJSON {
    static func about(_ member: CodingKeys) -> String {
        switch member {
        case .way: "the program's name, `webhook` or `email`"
        case .arrived: "whether it was taken"
        case .failure: "why not; absent: it was"
        }
    }
}
