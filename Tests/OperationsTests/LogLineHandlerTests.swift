import Foundation
import JSON
import Logging
import Testing

@testable import Operations

@Suite("Log lines")
struct LogLineHandlerTests {
    private static let time = Date(timeIntervalSince1970: 1_769_896_800.25)
    private static let metadata: Logger.Metadata = [
        "batch": "day-1", "reason": "say \"no\"\nand\u{1B}[31m", "empty": "",
    ]

    @Test func aLineOfTextStaysOneLineAndSteersNoTerminal() {
        let line = LogLineHandler.line(.warning, "no calls for now", Self.metadata, at: Self.time)
        #expect(line.hasSuffix(#"warning no calls for now batch=day-1 empty="" reason="say \"no\"\nand?[31m""#))
        #expect(!line.contains("\n"))
    }

    @Test func aLineOfJSONIsAnObjectWithTextsAlone() throws {
        let line = LogLineHandler.jsonLine(.warning, "no calls for now", Self.metadata, at: Self.time)
        #expect(!line.contains("\n") && !line.contains("\u{1B}"))
        let root = try JSONDocument(parsing: Array(line.utf8)).root
        for (name, value) in [
            "time": "2026-01-31T22:00:00.250Z", "level": "warning", "message": "no calls for now", "batch": "day-1",
            "reason": "say \"no\"\nand\u{1B}[31m", "empty": "",
        ] { #expect(root[name]?.string == value, "\(name)") }
    }
}
