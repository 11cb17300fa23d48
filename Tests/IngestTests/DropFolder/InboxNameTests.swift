import Testing

@testable import Ingest

struct InboxNameTests {
    @Test(
        arguments: [
            ("accounts.csv", .file), ("Accounts März.csv", .file), ("a", .file), ("no ending", .file),
            ("tmp", .file), ("x.tmp.csv", .file), ("~accounts.csv", .file), ("accounts.done.csv", .file),
            ("status.txt", .file), ("accounts.csv.done", .marker(of: "accounts.csv")),
            (".accounts.csv", .ignored), (".nfs0001", .ignored), ("accounts.csv.tmp", .ignored),
            ("accounts.csv.TMP", .ignored), ("accounts.csv.part", .ignored), ("~$accounts.xlsx", .ignored),
            ("accounts.csv.status.txt", .ignored), ("accounts.csv.error.txt", .ignored), (".done", .ignored),
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
