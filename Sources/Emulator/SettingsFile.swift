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

    /// The file's text.
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

    /// A little below the emulator's limit, because the two clocks do not tick alike.
    private var clientRate: Int {
        rate.map { max(1, Int($0 * 0.95)) } ?? 200
    }
}
