/// A record as it was put into the store.
struct StoredRecord: Equatable {
    var line: Int
    var id: String
    var row: [UInt8]
    var isInvalid = false
    var error: String?
}
