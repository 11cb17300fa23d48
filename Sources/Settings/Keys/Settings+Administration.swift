extension Settings {
    /// Where the daemon shows its pages and answers metrics and health checks, and to whom.
    package struct Administration: Sendable, Equatable {
        /// Where it listens.
        package var listen: ListenAddress
        /// What it shows itself with; nil: it speaks plain HTTP, which only the loopback hears.
        package var tls: TLS?
        /// Who may read metrics.
        package var metrics: MetricsAccess
        /// Whether pages show the ids of records; each look is entered in the audit.
        package var showsIDs: Bool
        /// Whether operators may download the files with what records hold; each is entered in the audit.
        package var downloads: Bool

        /// A certificate chain and its key, both PEM files.
        package struct TLS: Sendable, Equatable {
            package var certificate: String
            package var key: String
        }

        /// Who may read metrics.
        package enum MetricsAccess: String, Sendable, CaseIterable {
            /// Whoever shows a token.
            case token
            /// Everybody who can reach the port.
            case open
        }
    }

    /// A host and a port to listen on.
    package struct ListenAddress: Sendable, Equatable {
        /// A name or an address, an IPv6 address without its brackets.
        package let host: String
        /// 0: any that is free.
        package let port: Int

        /// Reads `host:port` or `[address]:port`; nil for any other text.
        package init?(_ text: String) {
            guard let colon = text.lastIndex(of: ":") else { return nil }
            let digits = text[text.index(after: colon)...]
            guard let port = UInt16(digits), digits.utf8.allSatisfy(isDigit) else { return nil }
            var host = text[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") {
                host = host.dropFirst().dropLast()
            } else if host.contains(":") {
                return nil
            }
            guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || "/[]@".contains($0) }) else { return nil }
            (self.host, self.port) = (String(host), Int(port))
        }

        /// Whether only this machine can reach it (RFC 5735 and RFC 4291).
        package var isLoopback: Bool {
            host == "localhost" || host == "::1"
                || host.split(separator: ".", omittingEmptySubsequences: false).first == "127"
                    && host.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
        }

        /// As it would be written.
        package var text: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
    }
}

extension SettingKeys {
    static let adminListen = SettingKey(
        "admin.listen", .listenAddress,
        "where the daemon shows its pages and answers /metrics, /healthz and /readyz; absent: nowhere")
    static let adminCertificate = SettingKey(
        "admin.certificate", .path, "the certificate chain it shows there, PEM; needed beyond the loopback")
    static let adminKey = SettingKey("admin.key", .path, "that certificate's private key, PEM")
    static let adminMetrics = SettingKey<Settings.Administration.MetricsAccess>(
        "admin.metrics", .choice, default: "token",
        "who may read /metrics: whoever has a token, or everybody who reaches the port")
    static let adminShowIDs = SettingKey(
        "admin.show_ids", .boolean, default: "false",
        "whether pages show the ids of records; each look is entered in the audit")
    static let adminDownloads = SettingKey(
        "admin.downloads", .boolean, default: "false",
        "whether operators may download result files other than summary.json and report.html; each is entered in the "
            + "audit")
    static let admin: [KeyDescription] = [
        adminListen.description, adminCertificate.description, adminKey.description, adminMetrics.description,
        adminShowIDs.description, adminDownloads.description,
    ]
}

extension Settings.Administration {
    /// Reads the section; nil where nothing is to listen.
    ///
    /// - Throws: What is missing, and that only the loopback may go without TLS.
    init?(from reader: inout ValueReader) throws(SettingsError) {
        let listen = try reader.optional(SettingKeys.adminListen)
        let certificate = try reader.optional(SettingKeys.adminCertificate)
        let key = try reader.optional(SettingKeys.adminKey)
        metrics = try reader.value(SettingKeys.adminMetrics)
        showsIDs = try reader.value(SettingKeys.adminShowIDs)
        downloads = try reader.value(SettingKeys.adminDownloads)
        switch (certificate, key) {
        case (let certificate?, let key?): tls = TLS(certificate: certificate, key: key)
        case (nil, nil): tls = nil
        case (_?, nil): throw reader.error(at: SettingKeys.adminCertificate.path, "admin.certificate needs admin.key")
        case (nil, _?): throw reader.error(at: SettingKeys.adminKey.path, "admin.key needs admin.certificate")
        }
        guard let listen else {
            let others = [
                SettingKeys.adminCertificate.path, SettingKeys.adminKey.path, SettingKeys.adminMetrics.path,
                SettingKeys.adminShowIDs.path, SettingKeys.adminDownloads.path,
            ]
            guard let other = others.first(where: reader.has) else { return nil }
            throw reader.error(at: other, "\(other) needs admin.listen, such as 127.0.0.1:8377")
        }
        guard tls != nil || listen.isLoopback else {
            throw reader.error(
                at: SettingKeys.adminListen.path,
                "admin.listen beyond the loopback needs admin.certificate and admin.key")
        }
        self.listen = listen
    }
}

extension ValueFormat<Settings.ListenAddress> {
    static let listenAddress = ValueFormat(
        expectation: "an address and a port such as 127.0.0.1:8377 or [::1]:8377", canonical: { $0.text },
        read: { text, _ in Settings.ListenAddress(text) })
}
