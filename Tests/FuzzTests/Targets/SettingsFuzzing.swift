import Basics
import Foundation
import Schedules

@testable import Settings

/// `rollcall.yaml` as somebody may have written it.
enum SettingsFuzzing {
    static func read(_ bytes: [UInt8]) -> String? {
        YAMLFuzzing.check(bytes) { text throws(SettingsError) in
            let flat = try FlatFile(try Entry.parse(text, file: "fuzz"), schema: Settings.schema, file: "fuzz")
            _ = try Settings(file: "/fuzz/rollcall.yaml", reader: ValueReader(flat, directory: "/fuzz"))
        }
    }
}

/// A job file.
enum JobFuzzing {
    private static let settings: Settings? = {
        let text = """
            database: a.sqlite
            sealing_key: key
            api:
              base_url: "https://127.0.0.1:1/x"
              client_certificate: c.pem
              client_key: c.key
              encryption_key: e.pem
              decryption_key: d.pem
            """
        // Keys that are missing are refused when a file is loaded, not here.
        guard let root = try? Entry.parse(text, file: "fuzz"),
            let flat = try? FlatFile(root, schema: Settings.schema, file: "fuzz")
        else { return nil }
        return try? Settings(file: "/fuzz/rollcall.yaml", reader: ValueReader(flat, directory: "/fuzz"))
    }()

    static func read(_ bytes: [UInt8]) -> String? {
        guard let settings else { return "the settings that jobs are read over are refused" }
        return YAMLFuzzing.check(bytes) { text throws(SettingsError) in
            _ = try JobDefinition.load(try Entry.parse(text, file: "job.yaml"), path: "/fuzz/job.yaml", over: settings)
        }
    }
}

enum YAMLFuzzing {
    /// Reads a text; its errors must be told in full, and name a line that is there.
    static func check(_ bytes: [UInt8], _ load: (String) throws(SettingsError) -> Void) -> String? {
        guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
        do throws(SettingsError) {
            try load(text)
            return nil
        } catch {
            let lines = text.unicodeScalars.count { ["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($0) } + 1
            guard error.line.map({ (1...lines + 1).contains($0) }) ?? true else {
                return "an error names line \(error.line ?? 0) of \(lines)"
            }
            return error.description.isEmpty ? "an error says nothing" : nil
        }
    }
}

/// Expressions of cron, and the times that follow from them over a change of the clocks.
enum CronFuzzing {
    private static let zones = ["Europe/Berlin", "Australia/Lord_Howe"].compactMap(TimeZone.init(identifier:))

    static func read(_ bytes: [UInt8]) -> String? {
        // What is refused is no schedule.
        guard let expression = try? CronExpression(String(decoding: bytes, as: UTF8.self)) else { return nil }
        for zone in zones {
            // Two days before the clocks are set forward in Berlin in 2026.
            var time = WallTime(milliseconds: 1_774_483_200_000)
            for _ in 0..<4 {
                guard let next = expression.next(after: time, in: zone) else { break }
                if next <= time { return "the next time is not later" }
                if next.milliseconds % 60_000 != 0 { return "a job is due within a minute" }
                time = next
            }
        }
        return nil
    }
}
