// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that neither the tests nor a release of Rollcall builds it.

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// Most of what the modules declare is `package`, which reaches the targets of one Package.swift. These targets join them
// under the name that SwiftPM gives the package of the repository: its folder's, in lower case, as an identifier.
let repository = Context.packageDirectory.split(separator: "/").dropLast().last ?? "rollcall"
let packageName = String(repository.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
let joined = strict + [.unsafeFlags(["-package-name", packageName])]

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
        .target(
            name: "Figures", dependencies: [.product(name: "RollcallBasics", package: "rollcall")],
            packageAccess: false, swiftSettings: joined),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "CBenchOpenSSL", "Figures",
                .product(name: "RollcallBasics", package: "rollcall"),
                .product(name: "RollcallModules", package: "rollcall"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            packageAccess: false, swiftSettings: joined),
        .testTarget(
            name: "FiguresTests", dependencies: ["Figures", .product(name: "RollcallBasics", package: "rollcall")],
            packageAccess: false, swiftSettings: joined),
    ],
    swiftLanguageModes: [.v6]
)
