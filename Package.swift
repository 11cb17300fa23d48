// swift-tools-version: 6.2
import PackageDescription

// The modules of Rollcall. Arrows point one way; `ImportRulesTests` reads every `import` against the same plan,
// because SwiftPM's own check misses system and transitive modules.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func module(_ name: String, path: String? = nil, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        resources: resources, swiftSettings: strict)
}

extension Target.Dependency {
    static let grdb = product(name: "GRDB", package: "GRDB.swift")
    static let grdbSQLite = product(name: "GRDBSQLite", package: "GRDB.swift")
    static let logging = product(name: "Logging", package: "swift-log")
    static let systemPackage = product(name: "SystemPackage", package: "swift-system")
    static let arguments = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let signals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let yams = product(name: "Yams", package: "Yams")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let hummingbirdTLS = product(name: "HummingbirdTLS", package: "hummingbird")
    static let mustache = product(name: "Mustache", package: "swift-mustache")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTPTypes = product(name: "NIOHTTPTypes", package: "swift-nio-extras")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
}

let package = Package(
    name: "rollcall",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "rollcall", targets: ["rollcall"]),
        // For the benchmarks, which are a package of their own.
        .library(name: "RollcallBasics", targets: ["Basics"]),
        .library(
            name: "RollcallModules",
            targets: [
                "Basics", "OpenSSL", "JSON", "JOSE", "IdentityInsights", "HTTPTransport", "RecordStore", "Ingest",
                "DropFolder", "JobRunner",
                "IdentityInsightsClient", "Results", "Schedules", "Settings", "Operations", "Emulator",
            ]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    ],
    targets: [
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CXlsxWriter", pkgConfig: "xlsxwriter", providers: [.apt(["libxlsxwriter-dev"])]),
        .systemLibrary(name: "CPlatform"),

        module("Basics", ["CPlatform", .systemPackage]),
        module("OpenSSL", ["Basics", "COpenSSL"]),
        module("JSON", ["Basics"]),
        module("JOSE", ["OpenSSL", "JSON"]),
        module("IdentityInsights", ["JSON"]),
        module("HTTPTransport", ["Basics", "CCurl", "OpenSSL"]),
        .target(
            name: "Migrations", dependencies: [.grdb], path: "migrations",
            resources: [
                "b0021_baseline.sql", "v0001_initial.sql", "v0002_daemon.sql", "v0003_spend.sql", "v0004_archive.sql",
                "v0005_times.sql",
                "v0006_other_calls.sql", "v0007_reruns.sql", "v0008_runner_batch.sql", "v0009_answers.sql",
                "v0010_restores.sql", "v0011_batch_days.sql", "v0012_requests.sql", "v0013_words.sql",
                "v0014_key_reminders.sql", "v0015_card_numbers.sql", "v0016_audit.sql", "v0017_period_keys.sql",
                "v0018_keys_folder.sql", "v0019_purges.sql", "v0020_forgotten_records.sql", "v0021_outcome_words.sql",
                "v0022_uploads.sql", "v0023_moves.sql", "v0024_rates.sql", "v0025_months_keys.sql",
                "v0026_shared_folders.sql", "v0027_failures_in_a_row.sql",
                "v0028_partitions.sql", "v0029_unknown_calls.sql",
                "postgresql/b0022_postgresql_baseline.sql",
                "postgresql/p0023_moves.sql", "postgresql/p0024_rates.sql", "postgresql/p0025_months_keys.sql",
                "postgresql/p0026_shared_folders.sql", "postgresql/p0027_failures_in_a_row.sql",
                "postgresql/p0028_partitions.sql", "postgresql/p0029_unknown_calls.sql",
            ].map { .embedInCode($0) },
            swiftSettings: strict),
        module("RecordStore", ["Basics", "CPlatform", "CPostgres", "Migrations", "OpenSSL", .grdb, .grdbSQLite]),
        module("Ingest", ["Basics", "RecordStore", "IdentityInsights", "JSON", "OpenSSL", "CPlatform"]),
        module("DropFolder", ["Basics", "CPlatform"]),
        module("JobRunner", ["RecordStore", "Basics"]),
        module("IdentityInsightsClient", ["Basics", "JobRunner", "IdentityInsights", "JOSE", "JSON", "HTTPTransport"]),
        module("Results", ["Basics", "RecordStore", "IdentityInsights", "JSON", "OpenSSL", "CXlsxWriter", .mustache]),
        module("Schedules", ["Basics"]),
        module("Settings", ["Basics", "Schedules", .yams]),
        .target(
            name: "Operations",
            dependencies: [
                "Basics", "CPlatform", "DropFolder", "HTTPTransport", "IdentityInsightsClient", "Ingest", "JobRunner",
                "RecordStore",
                "OpenSSL", "Results", "Schedules", "Settings", .httpTypes, .hummingbirdCore, .hummingbirdTLS,
                .lifecycle, .logging, .mustache, .nioCore, .nioPosix, .nioSSL, .signals,
            ],
            resources: [
                "action.mustache", "bar.mustache", "batch-table.mustache", "batch.mustache", "batches.mustache",
                "check.mustache", "health.mustache", "jobs.mustache", "layout.mustache", "ledger.mustache",
                "line.mustache", "message.mustache", "overview.mustache", "records.mustache", "selection.mustache",
                "sign-in.mustache",
                "upload.mustache", "live.js", "style.css",
            ].map { .embedInCode("Administration/Templates/\($0)") },
            swiftSettings: strict),
        module(
            "Emulator",
            [
                "Basics", "IdentityInsights", "JOSE", "JSON", "OpenSSL", .hummingbirdCore, .nioSSL,
                .nioCore, .nioPosix, .nioHTTPTypes, .httpTypes, .logging, .lifecycle, .signals,
            ]),
        .executableTarget(
            name: "rollcall",
            dependencies: ["Basics", "Operations", "Emulator", "JOSE", "OpenSSL", .arguments],
            swiftSettings: strict),

        .target(
            name: "TestSupport",
            dependencies: [
                "Basics", "COpenSSL", "CPlatform", "CPostgres", "Emulator", "JSON", "JobRunner", "RecordStore",
                "OpenSSL",
                .nioSSL, .nioCore, .nioPosix,
            ],
            path: "Tests/TestSupport", swiftSettings: strict),
        .executableTarget(
            name: "simulate",
            dependencies: ["Basics", "JobRunner", "Operations", "RecordStore", "Schedules", "TestSupport"],
            path: "Tests/Simulation", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Basics", "HTTPTransport", "IdentityInsights", "IdentityInsightsClient", "Ingest", "JOSE", "JSON",
                "JobRunner", "RecordStore", "Schedules", "Settings",
            ],
            exclude: ["Corpus", "fuzz"], swiftSettings: strict),
        .testTarget(name: "SimulationTests", dependencies: ["simulate"], swiftSettings: strict),
        tests(of: "Basics"),
        tests(of: "OpenSSL", ["Basics"]),
        tests(of: "JSON"),
        tests(of: "JOSE", ["OpenSSL"], resources: [.copy("Vectors")]),
        tests(of: "IdentityInsights", ["JSON"]),
        tests(of: "HTTPTransport", ["Basics", "OpenSSL"]),
        tests(of: "Migrations", [.grdb]),
        tests(of: "RecordStore", ["Basics", "OpenSSL", "Migrations", .grdb, .grdbSQLite]),
        tests(of: "Ingest", ["Basics", "RecordStore", "IdentityInsights", "JSON", "OpenSSL"]),
        tests(of: "DropFolder", ["Basics", "Ingest"]),
        tests(of: "JobRunner", ["Basics", "RecordStore", .grdb]),
        tests(of: "IdentityInsightsClient", ["Basics", "JobRunner", "JOSE", "HTTPTransport", "OpenSSL"]),
        tests(of: "Results", ["Basics", "Ingest", "RecordStore", "IdentityInsights", "JSON", "OpenSSL"]),
        tests(of: "Schedules", ["Basics"]),
        tests(of: "Settings", ["Schedules"]),
        tests(
            of: "Operations",
            [
                "Basics", "Emulator", "IdentityInsightsClient", "JSON", "JobRunner", "OpenSSL", "Settings",
                "RecordStore",
                .grdb, .lifecycle, .logging,
            ]),
        tests(of: "Emulator", ["Basics", "IdentityInsights", "JOSE", "JSON", "OpenSSL", "HTTPTransport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "TestSupport", "Basics", "Emulator", "RecordStore", "OpenSSL", "JSON", "Operations", "rollcall",
                .arguments, .grdb,
            ],
            swiftSettings: strict),
        .testTarget(name: "ImportRulesTests", dependencies: ["TestSupport"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
