import Basics

@testable import Ingest

/// A builder as those keep it who claim records from several tasks.
final class SharedBuilder: Sendable {
    private let builder: Lock<RequestBuilder>

    init(_ builder: consuming sending RequestBuilder) {
        self.builder = Lock(builder)
    }

    func request(_ row: [UInt8]) throws -> [UInt8] {
        try builder.withLock { try $0.request(forRow: row, line: 2) }
    }
}
