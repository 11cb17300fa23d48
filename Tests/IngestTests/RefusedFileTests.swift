import Basics
import Foundation
import RecordStore
import TestSupport
import Testing

@testable import Ingest

/// Files that are refused as a whole, before anything is queued.
struct RefusedFileTests {
    struct Case: CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let place: [Int]
        let rule: String
        var file = "accounts.csv"

        init(_ name: String, _ text: String, at place: [Int] = [], _ rule: String, file: String = "accounts.csv") {
            self.init(name, bytes: Array(text.utf8), at: place, rule, file: file)
        }

        init(_ name: String, bytes: [UInt8], at place: [Int] = [], _ rule: String, file: String = "accounts.csv") {
            (self.name, self.bytes, self.place, self.rule, self.file) = (name, bytes, place, rule, file)
        }

        var testDescription: String { name }
    }

    private static let header = "account_id,email\n"

    static let cases = [
        Case("empty", "", "is empty"),
        Case("xlsx", bytes: [0x50, 0x4B, 0x03, 0x04, 0x14, 0], "save as CSV UTF-8", file: "accounts.xlsx"),
        Case("xls", bytes: [0xD0, 0xCF, 0x11, 0xE0, 0xA1], "save as CSV UTF-8"),
        Case("gzip", bytes: [0x1F, 0x8B, 8, 0], "unpack it first"),
        Case("UTF-16 little endian", bytes: [0xFF, 0xFE, 0x69, 0, 0x64, 0], "is UTF-16; save as CSV UTF-8"),
        Case("UTF-16 big endian", bytes: [0xFE, 0xFF, 0, 0x69, 0, 0x64], "is UTF-16; save as CSV UTF-8"),
        Case("UTF-16 without a mark", bytes: [0x69, 0, 0x64, 0], at: [1, 2], "has a NUL byte"),
        Case("Latin-1 in the header", bytes: Array("id,stra".utf8) + [0xDF], at: [1, 8], "is not UTF-8"),
        Case(
            "Latin-1 in a row", bytes: Array((header + "1,a@example.com\n2,é").utf8) + [0xE9, 0x0A], at: [3, 4],
            "is not UTF-8 (perhaps Windows-1252 or Latin-1); save as CSV UTF-8"),
        Case("Windows-1252", bytes: Array((header + "1,").utf8) + [0x93, 0x94], at: [2, 3], "save as CSV UTF-8"),
        Case("NUL in a row", bytes: Array((header + "1,ab").utf8) + [0], at: [2, 5], "has a NUL byte"),
        Case("a character cut off at the end", bytes: Array(header.utf8) + [0xE6, 0x97], at: [2, 1], "is not UTF-8"),
        Case("no header", "17,ann@example.com,Ann\n", at: [1, 1], "has no header"),
        Case("no header, one column", "ann@example.com\nbob@example.com\n", at: [1, 1], "has no header"),
        Case("only empty lines", "\n\n", at: [1, 1], "has no header"),
        Case("an empty first line", "\naccount_id,email\n", at: [1, 1], "has no header"),
        Case("a column without a name", "account_id,,email\n", at: [1, 12], "column number 2 has no name"),
        Case("duplicate column names", "account_id,email,name,email\n", at: [1, 23], "column 'email' is there twice"),
        Case(
            "unknown column", "account_id,name,emial\n", at: [1, 17],
            "unknown column 'emial' (did you mean 'email'?); rename, start the name with _, or list under ignore_columns of a job"
        ),
        Case(
            "several unknown columns", "account_id,name,email,id,Phone,shoe size,phone number\n", at: [1, 26],
            "unknown columns 'Phone', 'shoe size', 'phone number' (did you mean 'phone_number'?)"),
        Case("misspelt path", "account_id,name,user.emial\n", at: [1, 17], "(did you mean 'user.email'?)"),
        Case("path in another case", "account_id,name,USER.EMAIL\n", at: [1, 17], "(did you mean 'user.email'?)"),
        Case(
            "path without a dot", "account_id,name,user.phonenumber\n", at: [1, 17],
            "(did you mean 'user.phone.number'?)"),
        Case(
            "misspelt group", "account_id,name,user.adress.city\n", at: [1, 17], "(did you mean 'user.address.city'?)"),
        Case(
            "a header in another case", "Id,Account_ID,EMAIL\n", at: [1, 1],
            "known but for upper and lower case: 'Id' is 'id', 'Account_ID' is 'account_id', 'EMAIL' is 'email'; rename"
        ),
        Case(
            "a header most of which is in another case", "Shoe,ID,Email\n", at: [1, 1],
            "known but for upper and lower case: 'ID' is 'id', 'Email' is 'email'; rename"),
        Case("a name in another case in a first line of values", "Shoe,ID,Hat\n", at: [1, 1], "none of the 3 columns"),
        Case("a group of fields", "account_id,name,user.phone\n", at: [1, 17], "unknown column 'user.phone'"),
        Case(
            "a name that may be a value is not shown", "email,name,4917012345\n", at: [1, 12],
            "unknown column number 3;"),
        Case(
            "two columns for one field", "account_id,hashed_account_id\n", at: [1, 12],
            "two columns fill user.account.hashedAccountId"),
        Case("two names for one field", "email,user.email\n", at: [1, 7], "two columns fill user.email"),
        Case("a field inside a field", "user.x,user.x.y,email\n", at: [1, 8], "cannot both be given"),
        Case("a quote never closed in the header", "account_id,\"email\n1,b\n", at: [1, 1], "never closed"),
        Case("lines that end with CR alone", "account_id,email\r1,a@example.com\r", at: [1, 1], "with CR alone"),
        Case("a JSON array", "[{\"email\":\"a\"}]", "is a JSON array", file: "accounts.jsonl"),
        Case("a JSON array in lines", "\n [\n{}\n]", "is a JSON array"),
        Case("10,000 arrays", String(repeating: "[", count: 10_000), "is a JSON array", file: "a.json"),
        Case("an object over several lines", "{\n  \"user\": {}\n}\n", at: [1], "write each object on one line"),
        Case("text under a JSON name", "account_id,email\n", at: [1], "is not JSON-lines", file: "a.jsonl"),
        Case("unknown member", "{\"emial\":\"a@example.com\"}\n", at: [1], "'emial' (did you mean 'email'?)"),
        Case(
            "a member that may be a value", "{\"Ann Example\":1,\"Bob\":2}\n", at: [1],
            "has a member (name not shown, perhaps a value)"),
        Case("a member beside a known one", "{\"email\":\"a\",\"shoe\":2}\n", at: [1], "has a member 'shoe'"),
        Case("unknown member at the top", "\n{\"user\":{},\"devise\":{}}", at: [2], "(did you mean 'device'?)"),
    ]

    @Test(arguments: cases)
    func isRefusedWithItsPlaceAndRule(_ example: Case) throws {
        let error = try #require(try TemporaryFolder().refusal(of: example.bytes, named: example.file))
        #expect(error.file == example.file)
        #expect([error.line, error.column].compactMap { $0 } == example.place)
        #expect(error.rule.contains(example.rule), "\(error)")
    }

    @Test
    func anErrorIsOneSentenceWithFileLineAndColumn() throws {
        let error = try #require(try TemporaryFolder().refusal(of: "account_id,account_id\n"))
        #expect(
            error.description == "accounts.csv, line 1, column 12: column 'account_id' is there twice; "
                + "rename or remove one")
    }

    @Test
    func aHeaderLongerThanAMegabyteIsNone() throws {
        let error = try #require(try TemporaryFolder().refusal(of: String(repeating: "a", count: 1 << 21)))
        #expect(error.rule.contains("longer than 1 MiB"))
    }

    @Test
    func aDirectoryIsRefused() throws {
        let folder = try TemporaryFolder()
        #expect { try InputFile.open(path: folder.path) } throws: { "\($0)".contains("is a directory; name a file") }
    }

    @Test
    func aMissingFileIsRefused() throws {
        let path = try TemporaryFolder().path + "/none.csv"
        #expect { try InputFile.open(path: path) } throws: { "\($0)" == "none.csv: does not exist; check the path" }
    }

    @Test(arguments: [
        "device.os", "device.isp", "device.id", "user.age", "user.names", "user.address.streetLine3", "device.ipv6",
    ])
    func aPathThatNoDocumentNamesPassesUnlessItIsASlip(column: String) throws {
        #expect(try TemporaryFolder().refusal(of: "account_id,email,\(column)\n") == nil)
    }

    @Test
    func aFileWithoutPermissionIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("account_id,email\n")
        try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        try OtherUser.reading {
            #expect { try InputFile.open(path: path) } throws: { "\($0)".contains("no permission") }
        }
    }

    @Test
    func aNameIsShownWithoutWhatSteersATerminal() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("account_id,email\n", named: "a\u{1B}[2J\nb.csv")
        #expect(try InputFile.open(path: path).name == "a?[2J?b.csv")
    }

    @Test
    func aNameThatIsNotUTF8IsSaidToBeSo() throws {
        let path = try TemporaryFolder().path + "/caf\u{FFFD}.csv"
        #expect { try InputFile.open(path: path) } throws: {
            "\($0)" == "caf\u{FFFD}.csv: cannot be found: its name is not UTF-8; rename the file"
        }
    }

    @Test(arguments: [(ENOENT, "does not exist"), (EACCES, "no permission"), (EPERM, "no permission"), (EIO, "opened")])
    func everyFailureToOpenSaysWhatToDo(code: Int32, words: String) {
        let error = OpenFile.refusal(opening: "accounts.csv", code: code)
        #expect(error.description.hasPrefix("accounts.csv: "))
        #expect(error.rule.contains(words))
    }

    @Test
    func aPipeIsRefusedWithoutWaitingForItsWriter() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/pipe"
        #expect(mkfifo(path, 0o600) == 0)
        #expect { try InputFile.open(path: path) } throws: { "\($0)".contains("is not a regular file") }
    }

    @Test
    func standardInputIsRefused() {
        #expect { try InputFile.open(path: "-") } throws: { "\($0)".contains("standard input: cannot be read twice") }
    }

    @Test
    func theKindTheJobSpeaksOfMustBeTheFilesOwn() throws {
        let folder = try TemporaryFolder()
        let csv = try folder.write("account_id,email\n")
        let lines = try folder.write("{\"email\":\"a@example.com\"}\n", named: "a.jsonl")
        #expect(throws: InputError.self) { try InputFile.open(path: csv, expecting: .jsonLines) }
        #expect(throws: InputError.self) { try InputFile.open(path: lines, expecting: .csv) }
        #expect(try InputFile.open(path: csv, expecting: .csv).format.kind == .csv)
        #expect(try InputFile.open(path: lines, expecting: .jsonLines).format.kind == .jsonLines)
    }

    @Test
    func aFileWrittenToWhileItIsReadIsRefused() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("account_id,email\n1,a@example.com\n")
        let file = try InputFile.open(path: path)
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data("2,b@example.com\n".utf8))
        try handle.close()
        #expect { try file.examine() } throws: { "\($0)".contains("was changed while it was being read") }
    }
}
