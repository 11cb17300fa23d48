/// One numbered step of the schema. A migration that has been released is never changed; a new one follows it.
package struct Migration: Sendable {
    /// Its place in the order, from 1 without gaps; the schema version it leads to.
    package let number: Int
    /// What it brings, in one word of the file name.
    package let name: String
    /// The statements, run in one transaction.
    package let sql: String

    /// A step whose text is the file `v<number>_<name>.sql`, as the build embedded it.
    init(_ number: Int, _ name: String, _ file: [UInt8]) {
        self.init(number: number, name: name, sql: String(decoding: file, as: UTF8.self))
    }

    init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    /// The name kept in the database and, with `.sql`, of the file: `v0001_initial`.
    package var identifier: String {
        let digits = String(number)
        return "v" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
    }
}
