import Emulator
import Foundation
import RecordStore
import Testing

extension EndToEnd.Money {
    @Suite("Account ids hashed with a key of the installation")
    struct AccountHashTests {
        private static let job = """
            fields:
              user.account.hashedAccountId: { column: number, transform: hmac-sha256 }
              user.email: mail
            reuse_within: 1d

            """

        @Test("A second file of the same person is answered from the first; without the key nothing is sent")
        func lasting() async throws {
            try await EndToEndInstallation.with { installation in
                try installation.write(Self.job, to: "jobs/hashed.yaml")
                try installation.write("number,mail\nA-1,a@example.com\n", to: "one.csv")
                try installation.write("mail,number\na@example.com,A-1\n", to: "two.csv")
                let checked = try await installation.rollcall("check", "one.csv", "--job", "hashed")
                #expect(checked.status == 0, "\(checked.errors)")
                let one = try await installation.rollcall("run", "one.csv", "--job", "hashed")
                #expect(one.status == 0, "\(one.errors)")
                let doctor = try await installation.rollcall("doctor")
                #expect(doctor.output.contains("account hash key"), "\(doctor.output)")
                let two = try await installation.rollcall("run", "two.csv", "--job", "hashed")
                #expect(two.status == 0, "\(two.errors)")
                #expect(try installation.results("two-2").map { $0["status"] } == ["reused"])

                let file = installation.file("secrets/account-hash.key")
                try FileManager.default.moveItem(atPath: file, toPath: file + ".away")
                try installation.write("number,mail\nA-2,b@example.com\n", to: "three.csv")
                for command in ["run", "check"] {
                    let refused = try await installation.rollcall(command, "three.csv", "--job", "hashed")
                    #expect(refused.status == 78 && refused.errors.contains("put it back"), "\(refused.errors)")
                }
                let failed = try await installation.rollcall("doctor")
                #expect(failed.status == 78 && failed.output.contains("FAILED  account hash key"), "\(failed.output)")
                #expect(!FileManager.default.fileExists(atPath: file))
                #expect(installation.emulator.calls.total == 1)

                try FileManager.default.moveItem(atPath: file + ".away", toPath: file)
                let three = try await installation.rollcall("run", "three.csv", "--job", "hashed")
                #expect(three.status == 0 && installation.emulator.calls.total == 2, "\(three.errors)")
            }
        }
    }
}
