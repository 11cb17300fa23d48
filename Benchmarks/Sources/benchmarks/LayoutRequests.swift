import Ingest
import JobRunner
import RecordStore
import Synchronization

/// Rebuilds requests from sealed rows, as `rollcall run` does.
final class LayoutRequests: RequestBuilding {
    private let builder: Mutex<RequestBuilder>

    init(layout: RecordLayout) throws {
        builder = Mutex(try RequestBuilder(layout: layout))
    }

    func request(for record: ClaimedRecord) throws -> [UInt8] {
        try builder.withLock { try $0.request(forRow: record.rawRow, line: Int(record.id.line)) }
    }
}
