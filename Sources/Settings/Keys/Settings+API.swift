package import Foundation

extension Settings {
    /// Where the calls go, with which keys and timeouts.
    package struct API: Sendable {
        /// The address without a slash at its end; requests go to `<baseURL>/openings`.
        package var baseURL: String
        /// The client certificate's file: a PEM chain, or PKCS#12.
        package var clientCertificate: String
        /// Opens a PKCS#12 client certificate.
        package var clientCertificatePassword: Secret?
        /// The client key's file; nil for PKCS#12.
        package var clientKey: String?
        /// Opens an encrypted client key.
        package var clientKeyPassword: Secret?
        /// The file of trusted authorities; nil for the system's.
        package var caCertificates: String?
        /// The file of the API's public key or certificate.
        package var encryptionKey: String
        /// The kid, if it is not to be computed from the key.
        package var encryptionKeyID: String?
        /// The private keys that decrypt answers, at least one.
        package var decryptionKeys: [DecryptionKey]
        /// How long one call may take.
        package var requestTimeout: Duration
        /// How long a connection may take to come up.
        package var connectTimeout: Duration
        /// The proxy's address, which may hold a password.
        package var proxy: Secret?
        /// Whether an unencrypted answer halts the batch.
        package var requireEncryptedAnswers: Bool

        /// Mastercard's regions.
        package enum Region: String, Sendable, CaseIterable {
            /// North America.
            case us
            /// Europe.
            case eu
            case asia
        }

        /// Mastercard's environments.
        package enum Environment: String, Sendable, CaseIterable {
            /// For tests.
            case sandbox
            /// For real.
            case production
        }

        /// Mastercard's address for a region and environment (docs/architecture.md, 'The API').
        package static func baseURL(region: Region, environment: Environment) -> String {
            let prefix = environment == .sandbox ? "sandbox." : ""
            let domain = region == .us ? "com" : region.rawValue
            return "https://\(prefix)idv.mastercard.\(domain)/identity/accounts"
        }
    }
}

extension Settings.API {
    init(from reader: inout ValueReader) throws(SettingsError) {
        baseURL = try Self.baseURL(from: &reader)
        clientCertificate = try reader.value(SettingKeys.clientCertificate)
        clientCertificatePassword = try reader.password(SettingKeys.clientCertificatePassword)
        clientKey = try reader.optional(SettingKeys.clientKey)
        clientKeyPassword = try reader.password(SettingKeys.clientKeyPassword)
        caCertificates = try reader.optional(SettingKeys.caCertificates)
        encryptionKey = try reader.value(SettingKeys.encryptionKey)
        encryptionKeyID = try reader.optional(SettingKeys.encryptionKeyID)
        decryptionKeys = try DecryptionKey.all(from: &reader)
        requestTimeout = try reader.value(SettingKeys.requestTimeout)
        connectTimeout = try reader.value(SettingKeys.connectTimeout)
        proxy = try reader.optional(SettingKeys.proxy)
        requireEncryptedAnswers = try reader.value(SettingKeys.requireEncryptedAnswers)
    }

    private static func baseURL(from reader: inout ValueReader) throws(SettingsError) -> String {
        let region = try reader.optional(SettingKeys.region)
        let environment = try reader.optional(SettingKeys.environment)
        guard let region, let environment else { return try reader.value(SettingKeys.baseURL) }
        return baseURL(region: region, environment: environment)
    }
}

extension Settings.API {
    /// A file of a private key that decrypts answers.
    package struct DecryptionKey: Sendable, Equatable {
        /// The file: PEM, DER or PKCS#12.
        package let file: String
        /// Opens an encrypted one.
        package let password: Secret?

        /// Names a file and its password.
        package init(file: String, password: Secret?) { (self.file, self.password) = (file, password) }
    }
}

extension Settings.API.DecryptionKey {
    /// Reads `api.decryption_key`: one file, or a list of files and tables; `api.decryption_key_password` opens those
    /// without a `password_file` of their own.
    static func all(from reader: inout ValueReader) throws(SettingsError) -> [Self] {
        let password = try reader.password(SettingKeys.decryptionKeyPassword)
        let key = SettingKeys.decryptionKey
        guard let entry = reader.structure(key.path) else {
            let one = SettingKey(key.path, ValueFormat.path, key.about)
            return [Self(file: try reader.value(one), password: password)]
        }
        var items = [entry]
        if case .list(let list) = entry.content { items = list }
        guard !items.isEmpty else { throw wrong(entry, reader) }
        var keys: [Self] = []
        for item in items { keys.append(try one(item, reader, password: password)) }
        reader.note(keys.map(\.file).joined(separator: ","), at: key.path)
        return keys
    }

    private static func one(
        _ item: Entry, _ reader: ValueReader, password: Secret?
    ) throws(SettingsError) -> Self {
        switch item.content {
        case .scalar(let text):
            guard let path = ValueFormat.path.read(text, reader.directory) else { throw wrong(item, reader) }
            return Self(file: path, password: password)
        case .mapping:
            let flat = try FlatFile(item, schema: schema, file: reader.file)
            var values = ValueReader(flat, directory: reader.directory)
            guard values.has(file.path) else { throw wrong(item, reader) }
            return Self(
                file: try values.value(file), password: try values.password(inFileOf: passwordFile) ?? password)
        case .empty, .list: throw wrong(item, reader)
        }
    }

    private static func wrong(_ entry: Entry, _ reader: ValueReader) -> SettingsError {
        reader.wrong(SettingKeys.decryptionKey.path, entry.line, SettingKeys.decryptionKey.expectation)
    }

    private static let file = SettingKey("file", .path, "the key's file")
    private static let passwordFile = SettingKey("password_file", .path, "a private file that holds its password")
    private static let schema = Schema([file.description, passwordFile.description])
}

extension Settings {
    /// What calls cost.
    package struct Pricing: Sendable, Equatable {
        /// Three capital letters.
        package var currency: String
        /// Rising; the last has no end.
        package var tiers: [Tier]

        /// One step of the price.
        package struct Tier: Sendable, Equatable {
            /// The last call of the calendar month that costs this; nil: all further ones.
            package var upTo: Int?
            /// The price of one call.
            package var each: Decimal
        }
    }
}

extension Settings.Pricing {
    /// Reads the section; nil if there is none.
    init?(from reader: inout ValueReader) throws(SettingsError) {
        let currency = try reader.optional(SettingKeys.currency)
        guard let entry = reader.structure(SettingKeys.tiers.path) else {
            guard currency == nil else {
                throw reader.error(at: SettingKeys.currency.path, "pricing.currency needs pricing.tiers beside it")
            }
            return nil
        }
        guard let currency else {
            throw reader.error(at: SettingKeys.tiers.path, "pricing.tiers needs pricing.currency beside it")
        }
        self.init(currency: currency, tiers: try Self.tiers(entry, reader: reader))
        reader.note(
            tiers.map { "\($0.upTo.map(String.init) ?? "")@\($0.each)" }.joined(separator: ","), at: "pricing.tiers")
    }

    private static func tiers(_ entry: Entry, reader: ValueReader) throws(SettingsError) -> [Tier] {
        guard case .list(let items) = entry.content, !items.isEmpty else {
            throw wrong(entry, reader: reader)
        }
        var tiers: [Tier] = []
        for item in items {
            let tier = try self.tier(item, reader: reader)
            let isRising = tiers.last.map { last in (last.upTo ?? .max) < (tier.upTo ?? .max) } ?? true
            guard isRising else { throw wrong(item, reader: reader) }
            tiers.append(tier)
        }
        guard tiers.last?.upTo == nil else { throw wrong(items.last ?? entry, reader: reader) }
        return tiers
    }

    private static func tier(_ item: Entry, reader: ValueReader) throws(SettingsError) -> Tier {
        let flat = try FlatFile(item, schema: tierSchema, file: reader.file)
        var values = ValueReader(flat, directory: "/")
        guard values.has(each.path) else { throw wrong(item, reader: reader) }
        return Tier(upTo: try values.optional(upTo), each: try values.value(each))
    }

    private static let upTo = SettingKey("up_to", .integer(atLeast: 1), "the last call of the month at this price")
    private static let each = SettingKey("each", .price, "the price of one call")
    private static let tierSchema = Schema([upTo.description, each.description])

    private static func wrong(_ entry: Entry, reader: ValueReader) -> SettingsError {
        SettingsError(
            file: reader.file, line: entry.line, key: SettingKeys.tiers.path,
            "pricing.tiers must be \(SettingKeys.tiers.expectation)")
    }
}
