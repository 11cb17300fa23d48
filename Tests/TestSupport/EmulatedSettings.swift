/// The text of `rollcall.yaml` for an installation that leads to an emulator on the loopback, whose folder holds the
/// keys as `EmulatorDirectory` writes them.
package enum EmulatedSettings {
    /// Every setting that has no default, and where results go.
    ///
    /// - Parameters:
    ///   - port: The emulator's, on 127.0.0.1.
    ///   - requestTimeout: How long an answer is waited for.
    /// - Returns: The text, which further lines may follow.
    package static func text(port: Int, requestTimeout: String = "5s") -> String {
        """
        database: var/rollcall.sqlite
        sealing_key: secrets/sealing.key
        api:
          base_url: https://127.0.0.1:\(port)/identity/accounts
          client_certificate: pki/client.pem
          client_key: pki/client.key
          ca_certificates: pki/ca.pem
          encryption_key: pki/encryption.pem
          decryption_key: pki/decryption.pem
          request_timeout: \(requestTimeout)
        output: out

        """
    }

    /// Quick retries, and a rate that tests need not wait for.
    package static let fast = """
        limits: { rate: 2000, burst: 32, concurrency: 16 }
        retry: { base_delay: 10ms, max_delay: 50ms }

        """
}
