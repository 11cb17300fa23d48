/// The arrows of the plan: which modules each module may import. A module not listed here may not exist.
enum ImportPlan {
    /// Modules that any module may import: those of the toolchain, and what the package has for all.
    static let everywhere: Set<String> = ["Basics", "Foundation", "Synchronization", "Dispatch", "Glibc"]

    /// Module (folder below the package's root) to the modules it may import.
    static let arrows: [String: Set<String>] = [
        "Sources/Basics": ["CPlatform", "SystemPackage"],
        "Sources/OpenSSL": ["COpenSSL"],
        "Sources/JSON": [],
        "Sources/JOSE": ["OpenSSL", "JSON"],
        "Sources/IdentityInsights": ["JSON"],
        "Sources/HTTPTransport": ["CCurl", "OpenSSL"],
        "migrations": ["GRDB"],
        "Sources/RecordStore": ["CPlatform", "CPostgres", "Migrations", "OpenSSL", "GRDB", "GRDBSQLite"],
        "Sources/Ingest": ["RecordStore", "IdentityInsights", "JSON", "OpenSSL", "CPlatform"],
        "Sources/DropFolder": ["CPlatform"],
        "Sources/JobRunner": ["RecordStore"],
        "Sources/IdentityInsightsClient": [
            "JobRunner", "IdentityInsights", "JOSE", "JSON", "HTTPTransport", "OpenSSL",
        ],
        "Sources/Results": ["RecordStore", "IdentityInsights", "JSON", "OpenSSL", "CXlsxWriter", "Mustache"],
        "Sources/Schedules": [],
        "Sources/Settings": ["Schedules", "Yams"],
        "Sources/Operations": [
            "Ingest", "DropFolder", "HTTPTransport", "Results", "JobRunner", "IdentityInsightsClient", "RecordStore",
            "Schedules",
            "Settings", "OpenSSL", "CPlatform", "HTTPTypes", "HummingbirdCore", "HummingbirdTLS", "Logging", "Mustache",
            "NIOCore",
            "NIOPosix", "NIOSSL", "ServiceLifecycle", "UnixSignals",
        ],
        "Sources/Emulator": [
            "IdentityInsights", "JOSE", "JSON", "OpenSSL", "HummingbirdCore", "NIOSSL", "NIOCore", "NIOPosix",
            "NIOHTTPTypes", "HTTPTypes", "Logging", "ServiceLifecycle", "UnixSignals",
        ],
        "Sources/rollcall": ["Operations", "Emulator", "JOSE", "OpenSSL", "ArgumentParser"],
    ]
}
