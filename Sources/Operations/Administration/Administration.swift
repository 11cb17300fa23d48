import Basics
import Foundation
import ServiceLifecycle
import Settings

/// The administration of a daemon: its pages, its JSON, metrics and health checks, at one address.
struct Administration: Service {
    static let name = "administration"
    let settings: Settings.Administration
    let context: DaemonContext
    /// What open pages are told of.
    let changes: AdminChanges

    /// Answers until it is cancelled.
    ///
    /// - Throws: `OperationFailure` that says why nobody can be heard there.
    func run() async throws {
        try await AdminServer(
            settings: settings, configuration: context.inForce, routes: routes(), changes: changes,
            attendance: context.attendance, log: context.log
        ).run()
    }

    /// What is answered to whom.
    ///
    /// - Throws: What is wrong with a template, which no installation can bring about.
    func routes() throws -> AdminRoutes {
        let pages = try AdminPages(context: context)
        let access = AdminAccess(
            tokens: AdminTokens(keysFolder: context.settings.keysFolder), clock: context.clock,
            isSecure: settings.tls != nil)
        let metrics = DaemonMetrics(context: context)
        let handlers = AdminRoutes.Handlers(
            whyNotReady: { try await context.whyNotReady() }, metrics: { try await metrics.read() },
            signIn: { pages.signIn(problem: $0, next: $1) }, signedIn: { try await pages.note($0) },
            refused: { try await pages.noteRefusal(from: $0) },
            visit: { try await pages.answer($0) })
        return AdminRoutes(
            access: access, metricsAccess: settings.metrics, handlers: handlers,
            uploads: URL(filePath: context.settings.databaseFiles).deletingLastPathComponent().path, log: context.log)
    }
}
