import Foundation
import OpenSSL
import UnixSignals

/// The emulator's folder: keys and certificates, the settings for a client, and the log of calls.
package struct EmulatorDirectory: Sendable {
    package let path: String

    /// - Parameter path: the folder; made with mode 0700 where it is missing.
    package init(path: String) {
        self.path = path
    }

    /// Where the log of calls goes unless another path is chosen.
    package var callLogPath: String { file("calls.jsonl") }
    /// Where one in the background writes what it has to say.
    package var logPath: String { file("emulator.log") }
    /// Where the client's settings are.
    package var settingsPath: String { file("rollcall.yaml") }

    /// Makes the folder, with mode 0700, where it is missing.
    ///
    /// - Throws: ``EmulatorError`` if it cannot be made.
    package func make() throws { try makeFolder("") }

    /// Reads the keys and certificates of an earlier start, or makes new ones.
    ///
    /// - Parameter host: the name or address clients will call; used where certificates are made.
    /// - Returns: the material, which is in the folder `pki` from then on (files 0600, folders 0700).
    /// - Throws: ``EmulatorError`` if a folder or file cannot be used or some of the files are missing; `OpenSSLError`
    ///   if one of them holds something else.
    package func material(host: String) throws -> EmulatorMaterial {
        for folder in ["", "pki", "pki/server", "var", "secrets", "jobs", "out"] { try makeFolder(folder) }
        let missing = KeyFile.allCases.filter { !FileManager.default.fileExists(atPath: file($0.rawValue)) }
        if missing.isEmpty { return try load() }
        guard missing.count == KeyFile.allCases.count else {
            throw EmulatorError.incompleteKeys(missing: missing[0].rawValue)
        }
        let material = try EmulatorMaterial.generate(host: host)
        try save(material)
        return material
    }

    /// Writes `rollcall.yaml` for a client of this emulator, unless its first line shows that the user maintains it.
    ///
    /// - Parameters:
    ///   - host: the address listened on.
    ///   - port: the port listened on.
    ///   - rate: the emulator's rate limit, if any; the client's is set a little below.
    /// - Returns: the API's base URL.
    /// - Throws: ``EmulatorError`` if the file cannot be written.
    @discardableResult
    package func writeSettings(host: String, port: Int, rate: Double?) throws -> String {
        let settings = SettingsFile(host: host, port: port, rate: rate)
        if let present = FileManager.default.contents(atPath: settingsPath),
            !present.starts(with: Data(SettingsFile.firstLine.utf8))
        {
            return settings.baseURL
        }
        try PrivateFile.write(Array(settings.text.utf8), to: settingsPath, name: "rollcall.yaml")
        return settings.baseURL
    }

    /// The files of the folder `pki`.
    private enum KeyFile: String, CaseIterable {
        case authority = "pki/ca.pem"
        case client = "pki/client.pem"
        case clientKey = "pki/client.key"
        case encryption = "pki/encryption.pem"
        case decryption = "pki/decryption.pem"
        case server = "pki/server/server.pem"
        case serverKey = "pki/server/server.key"
        case requestKey = "pki/server/requests.key"
    }

    private func load() throws -> EmulatorMaterial {
        guard let authority = try Certificate.load(read(.authority), name: KeyFile.authority.rawValue).first else {
            throw EmulatorError.file(KeyFile.authority.rawValue, "holds no certificate; remove the folder pki")
        }
        return EmulatorMaterial(
            authority: authority, server: try identity(.server, .serverKey),
            client: try identity(.client, .clientKey), requestKey: try key(.requestKey),
            answerKey: try key(.decryption))
    }

    private func save(_ material: EmulatorMaterial) throws {
        let contents: [(KeyFile, [UInt8])] = [
            (.authority, try material.authority.pem()), (.client, try material.client.chainPEM()),
            (.clientKey, try material.client.keyPEM()), (.encryption, try material.requestKey.publicKey.pem()),
            (.decryption, try material.answerKey.pem()), (.server, try material.server.chainPEM()),
            (.serverKey, try material.server.keyPEM()), (.requestKey, try material.requestKey.pem()),
        ]
        for (file, bytes) in contents {
            try PrivateFile.write(bytes, to: self.file(file.rawValue), name: file.rawValue)
        }
    }

    private func identity(_ certificate: KeyFile, _ key: KeyFile) throws -> ClientIdentity {
        try ClientIdentity.load(
            certificate: read(certificate), certificateName: certificate.rawValue, key: read(key),
            keyName: key.rawValue, password: nil)
    }

    private func key(_ file: KeyFile) throws -> PrivateKey {
        try PrivateKey.load(read(file), password: nil, name: file.rawValue)
    }

    private func read(_ file: KeyFile) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: self.file(file.rawValue)) else {
            throw EmulatorError.file(file.rawValue, "cannot be read; check its permissions")
        }
        return Array(data)
    }

    private func file(_ name: String) -> String {
        name.isEmpty ? path : "\(path)/\(name)"
    }

    private func makeFolder(_ name: String) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: file(name), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw EmulatorError.file(
                name.isEmpty ? "the emulator's folder" : name, "cannot be made; check the permissions")
        }
    }
}

extension EmulatorDirectory {
    /// Runs an emulator with this folder's keys until SIGINT or SIGTERM; SIGHUP reads the keys again (``KeySuccession``).
    ///
    /// - Parameters:
    ///   - configuration: its settings; without a path of its own the log of calls is in this folder.
    ///   - onListening: called with the base URL once it listens and `rollcall.yaml` is written.
    ///   - onKeysRead: called after each SIGHUP with how many sets of keys are in use now, or why nothing was changed.
    /// - Throws: ``EmulatorError`` if folder, log or address cannot be used; `OpenSSLError` for a broken key.
    package func serve(
        _ configuration: EmulatorConfiguration, onListening: @Sendable (_ baseURL: String) -> Void,
        onKeysRead: @escaping @Sendable (Result<Int, any Error>) -> Void
    ) async throws {
        var configuration = configuration
        let material = try material(host: configuration.host)
        configuration.callLogPath = configuration.callLogPath ?? callLogPath
        let emulator = try Emulator(configuration, material: material)
        let (host, rate) = (configuration.host, configuration.rate)
        // Before it listens: a caller that knows the address may signal.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await emulator.runUntilSignalled()
                return true
            }
            group.addTask {
                var succession = KeySuccession(material)
                for await _ in hangups { onKeysRead(exchangeKeys(of: emulator, &succession, host: host)) }
                return false
            }
            do {
                let port = try await emulator.port()
                onListening(try writeSettings(host: host, port: port, rate: rate))
            } catch {
                await emulator.stop()
                throw error
            }
            while let hasEnded = try await group.next(), !hasEnded {}
            group.cancelAll()
        }
    }

    /// Reads the folder's keys again and continues with them; how many sets are in use then.
    private func exchangeKeys(
        of emulator: Emulator, _ succession: inout KeySuccession, host: String
    ) -> Result<Int, any Error> {
        Result {
            var next = succession
            next.take(try material(host: host))
            try emulator.exchangeKeys(for: next.inUse)
            succession = next
            return next.inUse.count
        }
    }
}

/// The `rollcall.yaml` of a client of the emulator; its paths are relative to the file.
struct SettingsFile: Sendable {
    /// Marks a file that the emulator may write again.
    static let firstLine = "# Written by `rollcall emulator` at each start; remove this line to keep changes.\n"

    let host: String
    let port: Int
    let rate: Double?

    /// The base URL of the API, for a client on this machine.
    var baseURL: String {
        let anyAddress = host == "0.0.0.0" || host == "::"
        let name = anyAddress ? "127.0.0.1" : host.contains(":") ? "[\(host)]" : host
        return "https://\(name):\(port)/identity/accounts"
    }

    var text: String {
        Self.firstLine + """
            database: var/rollcall.sqlite
            sealing_key: secrets/sealing.key
            api:
              base_url: \(baseURL)
              client_certificate: pki/client.pem
              client_key: pki/client.key
              ca_certificates: pki/ca.pem
              encryption_key: pki/encryption.pem
              decryption_key: pki/decryption.pem
              request_timeout: 30s
              connect_timeout: 5s
            limits: { rate: \(clientRate), burst: 1, concurrency: 32 }
            jobs: jobs
            output: out

            """
    }

    /// A little below the emulator's limit, because the two clocks do not run at exactly the same speed.
    private var clientRate: Int {
        rate.map { max(1, Int($0 * 0.95)) } ?? 200
    }
}
