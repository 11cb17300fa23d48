/// How much work each case does.
struct Scale {
    /// Measurements each median is taken of.
    var rounds: Int
    /// Records of a run against the emulator.
    let clientRecords: Int
    /// OAEP decryptions and encryptions of one measurement of the floor.
    let floorOperations: Int
    /// Rows of the file that is ingested.
    let ingestRows: Int
    /// Records of the smaller and the larger run whose peaks of memory are compared.
    let memoryRecords: (small: Int, large: Int)
    /// Records claimed and finished in one measurement.
    let claimedRecords: Int
    /// Records that wait, or are finished, in the large databases.
    let backlog: Int

    /// The sizes the targets speak of.
    static let full = Scale(
        rounds: 5, clientRecords: 4_000, floorOperations: 2_000, ingestRows: 200_000,
        memoryRecords: (100_000, 1_000_000), claimedRecords: 10_000, backlog: 1_000_000)

    /// Sizes for a first impression. Fewer records of the client would make its start the most of it.
    static let quick = Scale(
        rounds: 3, clientRecords: 4_000, floorOperations: 1_000, ingestRows: 50_000,
        memoryRecords: (10_000, 100_000), claimedRecords: 5_000, backlog: 100_000)
}
