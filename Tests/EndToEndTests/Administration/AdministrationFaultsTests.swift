import Basics
import Emulator
import Foundation
import FoundationNetworking
import RecordStore
import TestSupport
import Testing

extension EndToEnd.Pages {
    @Suite("What the administration does with broken requests, wrong tokens, missing keys and its end")
    struct AdministrationFaultsTests {
        private static let settings =
            EndToEndInstallation.fast
            + "admin: { listen: \"127.0.0.1:0\" }\npricing: { currency: USD, tiers: [ { each: 0.25 } ] }\n"

        @Test("Each is told as it should be, and an event stream ends whole", arguments: [false, true])
        func faults(isOnPostgreSQL: Bool) async throws {
            try await EndToEndInstallation.with(settings: Self.settings, onPostgreSQL: isOnPostgreSQL) { installation in
                let made = try await installation.rollcall("admin", "token", "--role", "operator")
                let token = made.output.trimmingCharacters(in: .whitespacesAndNewlines)
                let daemon = try await installation.daemon(folders: 0)
                let port = try await daemon.administrationPort()
                let site = Site(port: port, token: token)
                try await Self.upload(installation, site, daemon)
                try await Self.askBrokenly(site)
                try await Self.takeKeysAway(installation, site)
                let stream = try await BlockingWork.run { try EventStream(site) }
                try await Self.guess(installation, site)
                daemon.signal(SIGTERM)
                let rest = try await BlockingWork.run { try stream.readToEnd() }
                #expect(rest.hasSuffix("\r\n0\r\n\r\n"), "\(rest.suffix(40))")
                #expect(try await daemon.wait().status == 0)
                #expect(installation.emulator.calls.total == 3)
            }
        }

        /// Who took the file in, and for which estimate, is in the batch's history.
        private static func upload(
            _ installation: EndToEndInstallation, _ site: Site, _ daemon: RollcallProcess
        ) async throws {
            let body =
                "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"day.csv\"\r\n\r\n"
                + Accounts.csv(3) + "\r\n--XX--\r\n"
            let check = try await site.send("POST", "/upload", body, type: "multipart/form-data; boundary=XX")
            #expect(check.status == 200)
            let rest = try #require(check.text.components(separatedBy: "name=\"id\" value=\"").last)
            let id = rest.prefix { $0 != "\"" }
            let taken = try await site.send("POST", "/upload/decision", "decision=take&id=\(id)")
            #expect(taken.status == 200 && taken.text.contains("day-1"))
            await daemon.waitForError(containing: "batch is over batch=day-1")
            let history = try await installation.reading { store in
                let batch = try #require(try await store.batch(named: "day-1"))
                return try await store.actions(of: batch.id)
            }
            let action = try #require(history.first { $0.name == .upload })
            #expect(action.provenance.user == "operator (page)")
            #expect(action.detail?.hasPrefix("day.csv under the job ") == true)
            #expect(action.detail?.contains("3 billable calls") == true && action.detail?.contains("0.75") == true)
        }

        private static func askBrokenly(_ site: Site) async throws {
            let broken = [
                "/batches?state=halting", "/batches?from=2026-13-40", "/ledger?from=2026-13-40",
                "/ledger.csv?from=zz", "/api/v1/ledger?to=zz", "/batches/day-1/records?status=bogus",
                "/batches/day-1/records?status=failed&from=zz", "/batches/day-1/records?line=x",
                "/batches/day-1/rerun?lines=9-1", "/batches/day-1/rerun?status=bogus",
                "/api/v1/batches/day-1/rerun?lines=9-1",
            ]
            for path in broken { #expect(try await site.send("GET", path).status == 400, "\(path)") }
            for path in ["/batches/no", "/batches/no/rerun", "/batches/day-1/lines/999", "/api/v1/batches/no"] {
                #expect(try await site.send("GET", path).status == 404, "\(path)")
            }
            #expect(try await site.send("GET", "/batches/day-1/records?status=succeeded&from=2").status == 200)
        }

        private static func takeKeysAway(_ installation: EndToEndInstallation, _ site: Site) async throws {
            #expect(try await site.send("GET", "/readyz").status == 200)
            for name in ["secrets/sealing.key", try keysFolder(of: installation) + "/periods"] {
                let (there, away) = (installation.file(name), installation.file(name) + ".away")
                try FileManager.default.moveItem(atPath: there, toPath: away)
                let answer = try await site.send("GET", "/readyz")
                #expect(answer.status == 503 && !answer.text.contains("/"), "\(answer.text)")
                try FileManager.default.moveItem(atPath: away, toPath: there)
                #expect(try await site.send("GET", "/readyz").status == 200)
            }
        }

        private static func keysFolder(of installation: EndToEndInstallation) throws -> String {
            let root = URL(filePath: installation.path)
            let all = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
            let key = try #require(
                all?.compactMap { $0 as? URL }.first { $0.lastPathComponent == "fingerprint.key" })
            return String(key.deletingLastPathComponent().path.dropFirst(root.path.count + 1))
        }

        private static func guess(_ installation: EndToEndInstallation, _ site: Site) async throws {
            var statuses: [Int] = []
            for _ in 0..<11 { statuses.append(try await site.send("POST", "/sign-in", "token=wrong-secret").status) }
            #expect(statuses == Array(repeating: 401, count: 10) + [429])
            #expect(try await site.send("POST", "/sign-in", "token=\(site.token)").status == 429)
            let audit = try await installation.rollcall("audit")
            #expect(audit.output.components(separatedBy: "refused: a wrong token from 127.0.0.1").count == 11)
            #expect(!audit.output.contains("wrong-secret"))
        }
    }
}

/// The administration as a script reaches it.
private struct Site {
    let port: Int
    let token: String

    func send(
        _ method: String, _ path: String, _ body: String? = nil, type: String = "application/x-www-form-urlencoded"
    ) async throws -> (status: Int, text: String) {
        var request = URLRequest(url: try #require(URL(string: "http://127.0.0.1:\(port)\(path)")))
        request.httpMethod = method
        request.httpBody = body.map { Data($0.utf8) }
        if body != nil { request.setValue(type, forHTTPHeaderField: "Content-Type") }
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        let (data, response) = try await URLSession.shared.data(for: request)
        return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
    }
}

/// The stream of events as its bytes come.
private final class EventStream: Sendable {
    private let connection: OwnedDescriptor

    /// Asks for it and waits until it has begun.
    init(_ site: Site) throws {
        connection = try OwnedDescriptor(
            takingOwnershipOf: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(site.port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let number = connection.number
        let code = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                connect(number, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw SystemFault(errno) }
        let request =
            "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \(site.token)\r\n\r\n"
        try connection.write(Array(request.utf8))
        var begun = ""
        while !begun.contains("retry: ") {
            guard let text = try read() else { throw SystemFault(EPIPE) }
            begun += text
        }
    }

    /// All that comes until the server closes.
    func readToEnd() throws -> String {
        var all = "\r\n"
        while let text = try read() { all += text }
        return all
    }

    private func read() throws -> String? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4_096, alignment: 1)
        defer { buffer.deallocate() }
        let count = try connection.readNext(into: buffer)
        return count == 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}
