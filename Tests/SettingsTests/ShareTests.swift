import Testing

@testable import Settings

@Suite struct ShareTests {
    @Test func everyWholePercentageOfEveryTotalIsExact() {
        for percent in 0...100 {
            let share = Share(percent: percent)
            for total in [1, 3, 7, 29, 100, 1_000, 20_000, 1_000_000] {
                let most = share.most(of: total)
                #expect(most == percent * total / 100)
                #expect(!share.isExceeded(by: most, of: total), "\(percent)% of \(total)")
                #expect(share.isExceeded(by: most + 1, of: total), "\(percent)% of \(total)")
            }
        }
    }

    @Test(arguments: [
        ("29", 100, 29), ("0.5", 1_000, 5), ("12.50", 80, 10), ("0.1", 999, 0), ("99.999999999999", 1_000_000, 999_999),
        ("100", .max, .max), ("100.0", 7, 7), ("0", .max, 0), ("33.3", 1_000, 333),
    ])
    func aShareIsExactlyWhatWasWritten(percentage: String, total: Int, most: Int) throws {
        let share = try #require(Share(percentage: percentage))
        #expect(share.most(of: total) == most)
        #expect(!share.isExceeded(by: most, of: total))
        #expect(most == total || share.isExceeded(by: most + 1, of: total))
        #expect(share.description == percentage + "%")
    }

    @Test(arguments: [
        "", ".", "5.", ".5", "-1", "+1", "1e1", "100.1", "101", "five", "5 ", "1.2.3", "0.0000000000001",
        "99999999999999999999",
    ])
    func whatIsNoPercentageIsNone(text: String) {
        #expect(Share(percentage: text) == nil)
    }

    @Test func twoWaysToWriteAShareAreTheSame() {
        #expect(Share(percentage: "50.00") == Share(percent: 50))
        #expect(Share(percentage: "50.01") != Share(percent: 50))
    }
}
