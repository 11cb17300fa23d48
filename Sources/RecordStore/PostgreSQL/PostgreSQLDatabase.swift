import Basics
import Dispatch
import Foundation

/// A PostgreSQL database with its connections: one that writes, and some that read.
final class PostgreSQLDatabase: StoreDatabase {
    /// So many read at the same time; more wait.
    private static let mostReaders = 4
    /// A read that does not reach the server is tried again for so long, once a second: by a command that somebody waits
    /// for, and by a runner, which outlives a standby's promotion.
    private static let (commandPatience, runnerPatience) = (Duration.seconds(10), Duration.seconds(300))

    let place: PostgreSQLPlace
    let writer: PostgreSQLConnection
    private let patience: Duration
    /// Connections for the next reads; nil once it is closed.
    private let idle = Lock<[PostgreSQLConnection]?>([])
    private let readers = DispatchSemaphore(value: mostReaders)

    init(_ place: PostgreSQLPlace, isRunner: Bool = false, movingTo target: String? = nil) {
        self.place = place
        patience = isRunner ? Self.runnerPatience : Self.commandPatience
        writer = PostgreSQLConnection(place)
        writer.movingTo = target
    }

    func read<T>(_ work: (StoreConnection) throws -> T) throws -> T {
        readers.wait()
        defer { readers.signal() }
        var (tries, end) = (0, ContinuousClock.Instant?.none)
        while true {
            do {
                return try readOnce(work)
            } catch let error as PostgreSQLError where error.isLost && end.map({ .now < $0 }) ?? true {
                end = end ?? .now + patience
                tries += 1
                if tries > 1 { Thread.sleep(forTimeInterval: 1) }
            }
        }
    }

    private func readOnce<T>(_ work: (StoreConnection) throws -> T) throws -> T {
        let left = try idle.withLock { idle in
            guard idle != nil else { throw StoreError.closedToReaders }
            return idle?.popLast()
        }
        let connection = left ?? PostgreSQLConnection(place, newest: writer.newest)
        connection.leaveIfReplaced()
        do {
            try connection.beginReading()
            let value = try work(StoreConnection(connection))
            try connection.endReading()
            // A server that stands still is not waited for when the database closes: what was at work then ends here.
            if idle.withLock({ idle in
                idle?.append(connection)
                return idle == nil
            }) {
                connection.close()
            }
            return value
        } catch {
            // A connection costs less than to find out what is left of a transaction that failed.
            connection.disconnect()
            throw error
        }
    }

    func withWriter(_ work: (StoreConnection) throws -> Void) throws { try work(StoreConnection(writer)) }

    /// The disk is the server's.
    func room(isRunner: Bool) -> (any DatabaseRoom)? { nil }

    func settle(_ connection: StoreConnection) {}

    func close() throws {
        writer.close()
        let left = idle.withLock { idle in
            defer { idle = nil }
            return idle
        }
        left?.forEach { $0.close() }
    }
}
