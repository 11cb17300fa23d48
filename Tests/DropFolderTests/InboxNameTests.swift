import Testing

@testable import DropFolder

struct InboxNameTests {
    @Test(
        arguments: [
            ("accounts.csv", .file), ("Accounts März.csv", .file), ("a", .file), ("no ending", .file),
            ("tmp", .file), ("x.tmp.csv", .file), ("~accounts.csv", .file), ("accounts.done.csv", .file),
            ("status.txt", .file), ("accounts.csv.done", .marker(of: "accounts.csv")),
            ("accounts.bak.csv", .file), ("part", .file), ("a~b.csv", .file),
            (".accounts.csv", .unfinished(sign: ".")), (".nfs0001", .unfinished(sign: ".")),
            (".done", .unfinished(sign: ".")), ("~$accounts.xlsx", .unfinished(sign: "~$")),
            ("accounts.csv~", .unfinished(sign: "~")), ("accounts.csv.bak", .unfinished(sign: ".bak")),
            ("accounts.csv.swp", .unfinished(sign: ".swp")), ("accounts.csv.tmp", .unfinished(sign: ".tmp")),
            ("accounts.csv.TMP", .unfinished(sign: ".tmp")), ("accounts.csv.part", .unfinished(sign: ".part")),
            ("accounts.csv.partial", .unfinished(sign: ".partial")),
            ("accounts.csv.filepart", .unfinished(sign: ".filepart")),
            ("accounts.csv.crdownload", .unfinished(sign: ".crdownload")),
            ("accounts.csv.download", .unfinished(sign: ".download")),
            ("accounts.csv.upload", .unfinished(sign: ".upload")),
            ("accounts.csv.status.txt", .own), ("accounts.csv.error.txt", .own), (".rollcall-a.status.txt.tmp", .own),
            ("two\nlines.csv", .unusable), ("bell\u{7}.csv", .unusable), ("c1\u{85}.csv", .unusable),
        ] as [(String, InboxName)])
    func namesMeanWhatTheyShould(name: String, meaning: InboxName) {
        #expect(InboxName(name) == meaning)
    }

    @Test
    func aNameWithoutRoomForOurOwnTextsIsUnusable() {
        #expect(InboxName(String(repeating: "a", count: 200)) == .file)
        #expect(InboxName(String(repeating: "a", count: 201)) == .unusable)
        #expect(InboxName(String(repeating: "ä", count: 101)) == .unusable)
    }
}
