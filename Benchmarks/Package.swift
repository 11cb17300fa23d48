// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that neither the tests nor a release of Rollcall builds it.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "rollcall", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // OpenSSL without any wrapper of Rollcall's, for the RSA floor.
        .systemLibrary(name: "CBenchOpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        .target(name: "Figures", swiftSettings: strict),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "CBenchOpenSSL", "Figures",
                .product(name: "RollcallModules", package: "rollcall"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(name: "FiguresTests", dependencies: ["Figures"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
