/// What libcurl's callbacks learn during one try of a transfer.
struct TransferState {
    var prerequestCalls = 0
    /// `CURLINFO_REQUEST_SIZE` before the request: what a proxy's CONNECT took.
    var requestSizeBefore = 0
    var stop: TransferFacts.Stop?
    var isReused = false
    var head = ResponseHead()
    var body: [UInt8] = []
    var isOversized = false
    /// Notes of the connection in use.
    var tls: TLSNotes?
}
