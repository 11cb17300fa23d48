import Foundation
import OpenSSL
import Testing

extension EndToEnd.Commands {
    @Suite("Files as people's programs write them: what is there is sent, what is none is not")
    struct FieldFilesTests {
        /// Eight records of which two are called for: the first, and the one that is reached by phone alone.
        private static let text =
            "\u{FEFF}sep=;\r\n\u{200B}account_id; name;\"email\";phone_number;\r\n"
            + "1001\u{A0}; Ada Stone;\u{A0}ada@example.com;;\r\n" + "1001;Ada Stone;ada@example.com;\r\n"
            + "\"=\"\"1001\"\"\";Ada Stone;ada@example.com ;;\r\n" + ";;;;\r\n   \r\n"
            + "account_id;name;email;phone_number\r\n" + "#N/A;Ben;ben@example.com;;\r\n"
            + "1002;Cy;NULL;+12065550100;\r\n"
            + "1003;Cy;NULL;-;\r\n" + "'1004;Di;di@example.com;\r\n\u{1A}"

        @Test("One account is called once, however its line is written; lines without anything are no records")
        func everyKindAtOnce() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Self.text, to: "day.csv")
                let checked = try await installation.rollcall("check", "day.csv")
                #expect(
                    checked.status == 2 && checked.output.contains("2 blank lines passed over"), "\(checked.output)")
                let ended = try await installation.rollcall("run", "day.csv", "--yes")
                #expect(ended.status == 2, "\(ended.errors)")
                #expect(ended.errors.contains("2 blank lines passed over"), "\(ended.errors)")
                let rows = try installation.results("day-1")
                #expect(
                    rows.map { $0["status"] } == [
                        "succeeded", "reused", "reused", "invalid", "invalid", "succeeded", "invalid", "invalid",
                    ])
                #expect(rows.map { $0["id"] }.prefix(3) == ["1001", "1001", "1001"])
                let accounting = try await Accounting(installation, batch: "day-1")
                try accounting.expectEveryLineAccounted(total: 8)
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 2)
            }
        }

        @Test("A job's word on values holds: what looks altered is an account")
        func wayOut() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write("account_id,email\n1001.0,a@example.com\nNULL,b@example.com\n", to: "day.csv")
                try installation.write(
                    "spreadsheet_checks: false\nplaceholders: { invalid: ['#N/A'] }\n", to: "odd.yaml")
                let ended = try await installation.rollcall("run", "day.csv", "--job", "./odd.yaml")
                #expect(ended.status == 0, "\(ended.errors)")
                #expect(try installation.results("day-1").map { $0["status"] } == ["succeeded", "succeeded"])
                let accounting = try await Accounting(installation, batch: "day-1")
                accounting.expectCallsEqual()
                #expect(accounting.calls.count == 2)
            }
        }

        @Test("What the API takes and doubts is sent, and noted before any call and after")
        func noted() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(
                    "account_id,phone_number,phone_country,user_agent\n1,5551234567,USA,Mozilla/5.0\n", to: "day.csv")
                let checked = try await installation.rollcall("check", "day.csv", "--json")
                #expect(checked.status == 0, "\(checked.errors)")
                let found = try JSONSerialization.jsonObject(with: Data(checked.output.utf8)) as? [String: Any]
                let notes = found?["notes"] as? [[String: Any]]
                #expect(notes?.compactMap { $0["column"] as? String } == ["phone_country", "user_agent"])
                let ended = try await installation.rollcall("run", "day.csv")
                #expect(
                    ended.status == 0 && ended.errors.contains("noted of 1 record: phone_country"), "\(ended.errors)")
                let row = try #require(try installation.results("day-1").first)
                #expect(row["status"] == "succeeded")
                #expect(row["warnings"]?.contains("country_hint") == true, "\(row)")
            }
        }
    }
}
