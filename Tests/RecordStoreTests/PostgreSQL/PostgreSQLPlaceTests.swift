import Basics
import Foundation
import TestSupport
import Testing

@testable import RecordStore

@Suite("Where a PostgreSQL database is, as settings say it")
struct PostgreSQLPlaceTests {
    @Test(
        "What leads over a network without verification, or holds a password, is refused as a fault of the settings",
        arguments: [
            ("postgresql://u@db.example/r?sslmode=require", "sslmode=verify-full"),
            ("postgresql://u@db.example/r?sslmode=disable", "sslmode=verify-full"),
            ("postgresql://u@127.0.0.1,db.example/r?sslmode=prefer", "sslmode=verify-full"),
            ("host=localhost hostaddr=192.0.2.1 dbname=r sslmode=prefer", "sslmode=verify-full"),
            ("postgresql://u:secret@localhost/r", "password"), ("host=/run dbname=r password=secret", "password"),
            ("postgresql://u@localhost/r?sslpassword=secret", "password"), ("service=night", "service"),
            ("postgresql://u@localhost/r?no_such=1", "no URL"), ("postgresql://[", "no URL"),
        ])
    func refused(setting: String, word: String) throws {
        let error = #expect(throws: StoreError.self) { try PostgreSQLPlace(setting, environment: [:]) }
        #expect(error?.code == .settings && error?.message.contains(word) == true)
        #expect(error?.description.contains("secret") == false)
    }

    @Test("Where the setting names no host, the environment's is subject to the same rules")
    func environment() throws {
        for name in ["PGHOST", "PGHOSTADDR"] {
            let error = #expect(throws: StoreError.self) {
                try PostgreSQLPlace("postgresql:///r?sslmode=prefer", environment: [name: "192.0.2.1"])
            }
            #expect(error?.message.contains("verify-full") == true)
        }
        #expect(throws: StoreError.self) { try PostgreSQLPlace("postgresql:///r", environment: ["PGSERVICE": "night"]) }
    }

    @Test(
        "A socket, this machine, and another one that is verified are taken",
        arguments: [
            "postgresql:///r?host=/run/postgresql", "postgresql://u@localhost/r", "host=127.0.0.1 dbname=r",
            "postgresql://u@db.example/r?sslmode=verify-full", "postgresql://u@db.example/r",
        ])
    func taken(setting: String) throws {
        let place = try PostgreSQLPlace(setting, environment: [:])
        #expect(place.displayName.hasPrefix("postgresql://"))
    }

    @Test("A password's file must be there, and nobody else's to read")
    func passwordFile() throws {
        let folder = try StoreFolder()
        let file = folder.path + "/password"
        let place = try PostgreSQLPlace("host=/nowhere dbname=r", passwordFile: file, environment: [:])
        let missing = #expect(throws: StoreError.self) { try place.connect() }
        #expect(missing?.code == .settings && missing?.message.contains("missing") == true)
        try Data("secret\n".utf8).write(to: URL(filePath: file))
        for mode in [0o640, 0o604] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            let open = #expect(throws: StoreError.self) { try place.connect() }
            #expect(open?.code == .settings && open?.message.contains("chmod 600") == true)
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        // The file is read, and nothing is found at the place.
        #expect(throws: PostgreSQLError.self) { try place.connect() }
    }

    @Test(
        "A server that asks for a password gets it from its file, or from libpq's own; a wrong one is said, not shown",
        .onPostgreSQL)
    func password() async throws {
        let (server, folder) = (try PostgreSQLServer.shared.get(), try StoreFolder())
        try server.makeUser("clerk", password: "s3cret")
        let url = server.url("postgres").replacing("user=rollcall", with: "user=clerk")
        for (name, text) in [("right", "s3cret\n"), ("wrong", "gu3ss\n"), ("pgpass", "*:*:*:clerk:s3cret\n")] {
            let made = FileManager.default.createFile(
                atPath: "\(folder.path)/\(name)", contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
            #expect(made)
        }
        func user(_ url: String, _ file: String?) throws -> String? {
            let place = try PostgreSQLPlace(url, passwordFile: file.map { "\(folder.path)/\($0)" }, environment: [:])
            let connection = PostgreSQLConnection(place)
            defer { connection.close() }
            return try String.fetchOne(StoreConnection(connection), sql: "SELECT current_user::text")
        }
        // It reads its rules anew in its own time.
        try await waitUntil { (try? user(url, nil)) == nil }
        #expect(try user(url, "right") == "clerk")
        #expect(try user(url + "&passfile=\(folder.path)/pgpass", nil) == "clerk")
        for file in ["wrong", nil] {
            let error = #expect(throws: PostgreSQLError.self) { try user(url, file) }
            #expect(error?.sqlState == "28P01")
            #expect(error.map { "\($0)".contains("gu3ss") } == false)
        }
    }

    @Test("A connection that is closed goes, with its statements for many rows")
    func closed() throws {
        var connection: PostgreSQLConnection? = PostgreSQLConnection(
            try PostgreSQLPlace("host=/nowhere dbname=r", environment: [:]))
        weak let gone = connection
        if let connection {
            let update = "UPDATE records SET status = ?2 WHERE id = ?1"
            _ = try RowsStatement(StoreConnection(connection), update, [.integer, .integer])
        }
        connection?.close()
        connection = nil
        #expect(gone == nil)
    }
}
