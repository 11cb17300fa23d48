/// One record as it stands in the file.
struct ScannedRecord {
    /// The record without its line end; valid until the reader is asked for the next. Empty when `isTooLong`.
    let bytes: UnsafeRawBufferPointer
    /// Physical line from 1 at which the record starts.
    let line: Int
    /// Whether the record is longer than the reader's limit, so that its bytes were passed over.
    let isTooLong: Bool
}
