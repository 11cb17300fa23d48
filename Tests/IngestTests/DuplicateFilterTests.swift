import Foundation
import Testing

@testable import Ingest

struct DuplicateFilterTests {
    @Test
    func countsEveryRepeatAndNothingElse() {
        var filter = DuplicateFilter()
        for round in 0..<3 {
            for number in 0..<100_000 + round { withUnsafeBytes(of: number) { filter.note($0) } }
        }
        #expect(filter.repeats == 200_001)
    }

    @Test
    func asManyNewValuesAsALargeFileHasAreNotTakenForRepeats() {
        var filter = DuplicateFilter()
        for number in 0..<1_000_000 { withUnsafeBytes(of: number) { filter.note($0) } }
        // One in a hundred million is to be expected; the seed of the hash is another in every run.
        #expect(filter.repeats <= 1)
    }

    @Test
    func theCountMayBeAskedForAtAnyTime() {
        var filter = DuplicateFilter()
        for number in [1, 2, 1, 3, 3] {
            withUnsafeBytes(of: number) { filter.note($0) }
            _ = filter.repeats
        }
        #expect(filter.repeats == 2)
    }

    @Test(arguments: [0, 1 << 10])
    func withoutMemoryItForgetsAndSaysSo(buckets: Int) {
        var filter = DuplicateFilter { count, size in count > buckets + 1 ? nil : calloc(count, size) }
        for _ in 0..<2 {
            for number in 0..<100_000 { withUnsafeBytes(of: number) { filter.note($0) } }
        }
        let (repeats, mayHaveMissed) = (filter.repeats, filter.mayHaveMissed)
        #expect(repeats <= 100_000)
        #expect(mayHaveMissed)
    }

    @Test
    func withLittleMemoryFewValuesAreToldApartAllTheSame() {
        var filter = DuplicateFilter { _, _ in nil }
        for number in [1, 2, 1, 3, 3] { withUnsafeBytes(of: number) { filter.note($0) } }
        let (repeats, mayHaveMissed) = (filter.repeats, filter.mayHaveMissed)
        #expect(repeats == 2)
        #expect(!mayHaveMissed)
    }
}
