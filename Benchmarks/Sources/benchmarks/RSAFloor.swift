/// What no client can go below: one OAEP-256 decryption and one encryption with 2048-bit keys.
struct RSAFloor {
    /// CPU time of one decryption, in seconds.
    let decryption: Double
    /// CPU time of one encryption, in seconds.
    let encryption: Double
    /// CPU time of both.
    var both: Double { decryption + encryption }

    /// The one in the middle between two.
    static func mean(_ first: RSAFloor, _ second: RSAFloor) -> RSAFloor {
        RSAFloor(
            decryption: (first.decryption + second.decryption) / 2,
            encryption: (first.encryption + second.encryption) / 2)
    }

    /// Measures it in a process of its own.
    static func measure(on bench: Bench) throws -> RSAFloor {
        let count = bench.scale.floorOperations
        let report = try bench.work(["work-floor", "--count", "\(count)"])
        return RSAFloor(
            decryption: try report.value("decryption") / Double(count),
            encryption: try report.value("encryption") / Double(count))
    }
}
