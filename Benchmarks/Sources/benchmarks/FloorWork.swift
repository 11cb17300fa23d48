import ArgumentParser
import OpenSSL

/// Does the cryptography that no client can do without, and nothing else: the child of the case `client`.
struct FloorWork: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "work-floor", shouldDisplay: false)

    @Option var count: Int

    func run() throws {
        let key = try PrivateKey.generate(bits: 2_048)
        let contentKey = try SecureRandom.bytes(32)
        let start = CPUTime.now()
        var wrapped = [UInt8]()
        for _ in 0..<count { wrapped = try key.publicKey.encryptOAEPSHA256(contentKey) }
        let middle = CPUTime.now()
        for _ in 0..<count where try key.decryptOAEPSHA256(wrapped) != contentKey {
            throw BenchmarkError("OAEP does not bring back what was encrypted")
        }
        let values = ["encryption": middle - start, "decryption": CPUTime.now() - middle]
        try WorkReport(records: count, values: values).print()
    }
}
