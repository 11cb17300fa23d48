import Foundation
import GRDB

extension Row {
    /// The bytes of a column that holds a blob; empty for NULL.
    func bytes(_ column: Int) -> [UInt8] {
        optionalBytes(column) ?? []
    }

    /// The bytes of a column, or nil for NULL.
    func optionalBytes(_ column: Int) -> [UInt8]? {
        (self[column] as Data?).map { Array($0) }
    }
}

extension [UInt8] {
    /// As GRDB binds it.
    var blob: Data { Data(self) }
}
