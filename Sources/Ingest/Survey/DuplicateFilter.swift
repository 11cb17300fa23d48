import Foundation

/// Tells values seen before from new ones in a fixed amount of memory, however many there are.
///
/// A cache of 32-bit fingerprints in buckets of sixteen. Up to some half a million values, or more where it is made for
/// more, every repeat is counted, and hardly ever (one value in a hundred million) a new one taken for a repeat. With
/// many more, full buckets forget; it knows when they did, and the count then says at least how many repeats there were.
/// So it does where the system has no memory to give: with fewer buckets it forgets earlier, and says so.
struct DuplicateFilter: ~Copyable {
    /// 8 MiB of fingerprints, enough for half a million values.
    private static let leastBuckets = 1 << 17
    /// 512 MiB, whatever the number of values.
    private static let mostBuckets = 1 << 23
    /// Fingerprints of a bucket: 64 bytes, one line of the cache.
    private static let slotCount = 16
    /// Values looked up together, so that their memory is fetched at the same time.
    private static let groupSize = 64

    private let bucketCount: Int
    private let memory: UnsafeMutableRawPointer
    private let slots: UnsafeMutablePointer<UInt32>
    private let waiting: UnsafeMutablePointer<UInt64>
    private var waitingCount = 0
    private var found = 0
    private var seed: UInt64 = 0
    private var hasForgotten = false

    /// - Parameters:
    ///   - values: how many values are to be remembered without forgetting any; memory is 16 bytes for each, at least
    ///     8 MiB, and only what is used.
    ///   - zeroed: gives so many pieces of so many bytes, all zero; nil where there is no memory for them (`man 3 calloc`).
    init(remembering values: Int = 0, in zeroed: (Int, Int) -> UnsafeMutableRawPointer? = calloc) {
        // A quarter full, so that hardly any bucket is ever full.
        let wanted = max(1, values / (Self.slotCount / 4))
        let most = min(
            max(Self.leastBuckets, 1 << (Int.bitWidth - (wanted - 1).leadingZeroBitCount)), Self.mostBuckets)
        (bucketCount, memory) = Self.emptyMemory(most, zeroed)
        slots = memory.alignedUp(toMultipleOf: Self.bucketBytes)
            .bindMemory(to: UInt32.self, capacity: bucketCount * Self.slotCount)
        waiting = .allocate(capacity: Self.groupSize)
        waiting.initialize(repeating: 0, count: Self.groupSize)
    }

    deinit {
        free(memory)
        waiting.deallocate()
    }

    /// A bucket is one cache line where it begins at one.
    private static var bucketBytes: Int { slotCount * MemoryLayout<UInt32>.stride }

    /// So many buckets, or half, or a quarter, as there is memory for. Zeroed by the system page by page as they are used,
    /// so that a small file costs little.
    private static func emptyMemory(
        _ most: Int, _ zeroed: (Int, Int) -> UnsafeMutableRawPointer?
    ) -> (buckets: Int, memory: UnsafeMutableRawPointer) {
        var count = most
        while count > 1 {
            if let memory = zeroed(count + 1, bucketBytes) { return (count, memory) }
            count /= 2
        }
        // With malloc's own alignment it is malloc's, too, and freed like the others.
        let memory = UnsafeMutableRawPointer.allocate(byteCount: 2 * bucketBytes, alignment: 16)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: 2 * bucketBytes)
        return (1, memory)
    }

    /// How many values were seen that had been seen before.
    var repeats: Int {
        mutating get {
            settle()
            return found
        }
    }

    /// Whether a repeat may have gone by unseen.
    var mayHaveMissed: Bool {
        mutating get {
            settle()
            return hasForgotten
        }
    }

    /// Notes a value.
    ///
    /// - Parameter value: its bytes.
    mutating func note(_ value: UnsafeRawBufferPointer) {
        var hasher = Hasher()
        hasher.combine(bytes: value)
        note(hash: UInt64(truncatingIfNeeded: hasher.finalize()))
    }

    /// Notes a value and says whether it was seen before.
    mutating func isRepeat(_ value: UnsafeRawBufferPointer) -> Bool {
        let before = repeats
        note(value)
        return repeats > before
    }

    /// Notes a value by 64 bits that are as good as random and depend on nothing but it.
    mutating func note(hash: UInt64) {
        waiting[waitingCount] = hash
        waitingCount += 1
        if waitingCount == Self.groupSize { settle() }
    }

    /// Looks the waiting values up. Each lies in another cache line, so they are touched together first: waiting for
    /// memory once costs little more than waiting for it sixty-four times.
    private mutating func settle() {
        for index in 0..<waitingCount { seed &+= UInt64(slots[bucket(of: waiting[index])]) }
        for index in 0..<waitingCount { look(up: waiting[index]) }
        waitingCount = 0
    }

    private func bucket(of hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash >> 32) & (bucketCount - 1) * Self.slotCount
    }

    private mutating func look(up hash: UInt64) {
        let bucket = slots + bucket(of: hash)
        // An empty slot is 0, so no fingerprint may be.
        let fingerprint = max(UInt32(truncatingIfNeeded: hash), 1)
        for slot in 0..<Self.slotCount {
            if bucket[slot] == fingerprint { return found += 1 }
            if bucket[slot] == 0 { return bucket[slot] = fingerprint }
        }
        hasForgotten = true
        bucket[Int(truncatingIfNeeded: hash >> 60)] = fingerprint
    }
}
