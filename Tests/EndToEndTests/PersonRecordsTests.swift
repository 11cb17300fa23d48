import Emulator
import Foundation
import OpenSSL
import RecordStore
import Testing

extension EndToEnd.Money {
    @Suite("A person's records over all batches")
    struct PersonRecordsTests {
        /// A line of `records --id --json`.
        private struct Line: Decodable {
            struct Record: Decodable {
                let line: Int
                let status: String
                let answer: Answer?
            }
            struct Answer: Decodable {}

            let batch: String
            let given: Int
            let record: Record
        }

        private static let job = """
            fields:
              user.account.hashedAccountId: { column: number, transform: hmac-sha256 }
              user.email: mail

            """

        @Test("They are found by record id and account id, before and after hashing, in every form of file")
        func found() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Self.job, to: "jobs/keyed.yaml")
                let hash = try SHA256.hex(Array("A-1".utf8))
                try installation.write(
                    "id,account_id,email\nr1,A-1,a@example.com\nr2,A-2,b@example.com\n", to: "one.csv")
                try installation.write(
                    "{\"id\":\"x\",\"user\":{\"account\":{\"hashedAccountId\":\"\(hash)\"},\"email\":\"c@example.com\"}}\n",
                    to: "two.jsonl")
                try installation.write("number,mail\nA-1,d@example.com\nA-3,e@example.com\n", to: "three.csv")
                // Refused before any call, and still that person's.
                try installation.write("id,account_id,email,country\nr9,A-1,f@example.com,Nowhere\n", to: "four.csv")
                for (file, job, status) in [
                    ("one.csv", nil, 0), ("two.jsonl", nil, 0), ("three.csv", "keyed", 0), ("four.csv", nil, 2),
                ] as [(String, String?, Int32)] {
                    let ended = try await installation.start(["run", file] + (job.map { ["--job", $0] } ?? [])).wait()
                    #expect(ended.status == status, "\(ended.errors)")
                }
                let all = ["one-1:2", "two-2:1", "three-3:2", "four-4:2"]
                #expect(try await places("A-1\n", in: installation) == all)
                #expect(try await places("\(hash)\n", in: installation) == ["one-1:2", "two-2:1", "four-4:2"])
                #expect(try await places("r2", in: installation) == ["one-1:3"])
                #expect(try await places("x\r\n\n x \nA-3\n", in: installation) == ["two-2:1", "three-3:3"])
                #expect(try await places("nobody", in: installation) == [])

                let lines = try await lines("A-3\nA-1\n", in: installation)
                #expect(lines.map(\.given) == [2, 2, 2, 1, 2])
                #expect(lines.map { $0.record.answer == nil } == [false, false, false, false, true])
                #expect(lines.map(\.record.status).last == "invalid")
                let text = try await installation.rollcall("records", "--id", "-", input: Array("r2".utf8))
                #expect(text.output.contains("one-1\tone.csv\t3\tr2\tsucceeded\t20"), "\(text.output)")
                #expect(text.errors.contains("1 record found in 4 batches"), "\(text.errors)")
                try installation.write("r2\n", to: "ids.txt")
                #expect(try await installation.rollcall("records", "--file", "ids.txt").output == text.output)
                let empty = try await installation.rollcall("records", "--id", "-", input: [0x0A])
                #expect(empty.status == 64 && empty.output.isEmpty)
            }
        }

        private func places(_ ids: String, in installation: EndToEndInstallation) async throws -> [String] {
            try await lines(ids, in: installation).map { "\($0.batch):\($0.record.line)" }
        }

        private func lines(_ ids: String, in installation: EndToEndInstallation) async throws -> [Line] {
            let ended = try await installation.rollcall("records", "--id", "-", "--json", input: Array(ids.utf8))
            #expect(ended.status == 0, "\(ended.errors)")
            return try ended.output.split(separator: "\n").map {
                try JSONDecoder().decode(Line.self, from: Data($0.utf8))
            }
        }
    }
}
