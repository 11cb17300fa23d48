import Foundation
import Testing

@Suite("Time limits in the sources")
struct ClockRulesTests {
    @Test("None is one of Dispatch's, which follow the wall clock: whoever sets that would shorten or lengthen a wait")
    func noneOfDispatch() throws {
        for file in try ImportScan.modules().flatMap(ImportScan.swiftFiles) {
            let bytes = try Data(contentsOf: ImportScan.root.appending(path: file))
            // Looking at each line takes a hundred times as long.
            let words = ["imeout:", "NSCondition", "sem_timedwait("]
            guard words.contains(where: { bytes.range(of: Data($0.utf8)) != nil }) else { continue }
            let text = String(decoding: bytes, as: UTF8.self)
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                #expect(!Self.waits(line), "\(file):\(index + 1) waits by the wall clock; take a MonotonicSemaphore")
            }
        }
    }

    @Test(
        "They are recognised however they are written",
        arguments: [
            ("ended.wait(timeout: .now() + 1)", true), ("group.wait(wallTimeout: .distantFuture)", true),
            ("    end.wait( timeout: limit)", true), ("ended.wait()", false),
            ("semaphore.wait(for: .seconds(1))", false),
            ("NSCondition()", true), ("NSConditionLock(condition: 1)", true), ("sem_timedwait(&it, &end)", true),
        ])
    func recognised(line: String, waits: Bool) {
        #expect(Self.waits(line[...]) == waits)
    }

    private static func waits(_ line: Substring) -> Bool {
        guard !line.drop(while: \.isWhitespace).hasPrefix("//") else { return false }
        return line.contains(/\.wait\(\s*(wallT|t)imeout:|\bNSCondition|\bsem_timedwait\(/)
    }
}
