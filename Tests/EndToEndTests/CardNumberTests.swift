import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Commands {
    @Suite("Card numbers in a file")
    struct CardNumberTests {
        private static let card = "4242424242424242"

        @Test("An id makes the batch wait, another field its line invalid, and no message repeats the number")
        func waits() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast) { installation in
                let lines = [
                    "account_id,email,name", "A1,a@example.com,Ada", "\(Self.card),b@example.com,Bob",
                    "A3,c@example.com,4242 4242 4242 4242",
                ]
                try installation.write(lines.joined(separator: "\n") + "\n", to: "day.csv")
                let check = try await installation.rollcall("check", "day.csv", "--json")
                #expect(check.output.contains("\"card_like_ids\":1"), "\(check.output)")
                #expect(check.output.contains("the id or account of 1 line looks like a payment card number"))
                let run = try await installation.rollcall("run", "day.csv")
                #expect(run.status == 3 && installation.emulator.calls.total == 0, "\(run.errors)")
                let status = try await installation.rollcall("status", "day-1")
                #expect(status.output.contains("looks like a payment card number"), "\(status.output)")
                let agreed = try await installation.rollcall("run", "day.csv", "--yes")
                #expect(agreed.status == 2 && installation.emulator.calls.total == 2, "\(agreed.errors)")
                for ended in [check, run, status, agreed] {
                    #expect(!(ended.output + ended.errors).contains(Self.card))
                }
            }
        }

        @Test("A job that allows them sends all, and asks nobody")
        func allowed() async throws {
            try await EndToEndInstallation.with(settings: EndToEndInstallation.fast) { installation in
                try installation.write("allow_card_numbers: true\n", to: "jobs/cards.yaml")
                try installation.write(
                    "account_id,email,name\n\(Self.card),b@example.com,\(Self.card)\n", to: "day.csv")
                let run = try await installation.rollcall("run", "day.csv", "--job", "cards")
                #expect(run.status == 0 && installation.emulator.calls.total == 1, "\(run.errors)")
            }
        }
    }
}
