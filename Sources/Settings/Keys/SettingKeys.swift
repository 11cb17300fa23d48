/// The keys of `rollcall.yaml` outside its larger sections.
enum SettingKeys {
    static let database = SettingKey(
        "database", .database, default: "var/rollcall.sqlite",
        "the database: a file, or a PostgreSQL server's, which several runners share")
    static let databasePasswordFile = SettingKey(
        "database_password_file", .path,
        "the file that holds the password for PostgreSQL; absent: PGPASSFILE, or none is wanted")
    static let databaseDurability = SettingKey<Settings.DatabaseDurability>(
        "database_durability", .choice, default: "server",
        "with PostgreSQL: what has a commit before its calls leave, the server alone or a synchronous standby, too; without one "
            + "nothing is sent then")
    static let sharedFolders = SettingKey(
        "shared_folders", .boolean, default: "false",
        "with PostgreSQL: all nodes share the jobs' folders and those of results, so that any takes a file in and another goes "
            + "on where one has ended; the same on all nodes")
    static let nodeName = SettingKey(
        "node.name", .name,
        "with PostgreSQL: the name of this runner, which no other one on the database has; absent: the machine's")
    static let nodeFolder = SettingKey(
        "node.folder", .path, default: "node",
        "with PostgreSQL: the folder of what this runner alone knows, its identity and its journal of calls; never copied"
    )
    static let sealingKey = SettingKey(
        "sealing_key", .keySource, default: "secrets/sealing.key",
        "the key that seals the keys in keys_folder, made only together with a new database: a file, a credential of "
            + "systemd ($CREDENTIALS_DIRECTORY), or an inherited descriptor, read once")
    static let keysFolder = SettingKey(
        "keys_folder", .path, default: "secrets",
        "the folder of the keys that open the database (fingerprint.key, periods) and of ledger.trace, which tells a "
            + "restored database from the real one; never inside the database's own, never in a backup, one for each "
            + "database")
    static let jobs = SettingKey("jobs", .path, default: "jobs", "the folder of job files")
    static let output = SettingKey("output", .path, default: "out", "the folder below which results are written")
}

extension Settings {
    static let schema = Schema(
        [
            SettingKeys.database.description, SettingKeys.databasePasswordFile.description,
            SettingKeys.databaseDurability.description, SettingKeys.sharedFolders.description,
            SettingKeys.nodeName.description, SettingKeys.nodeFolder.description,
            SettingKeys.sealingKey.description, SettingKeys.keysFolder.description,
        ]
            + SettingKeys.api + SettingKeys.limits
            + SettingKeys.retry + SettingKeys.halt + SettingKeys.confirmAbove
            + [SettingKeys.maxInvalid.description] + SettingKeys.pricing + SettingKeys.daemon
            + SettingKeys.ages + [
                SettingKeys.notify, SettingKeys.jobs.description, SettingKeys.output.description,
            ] + SettingKeys.outputForm + SettingKeys.admin + SettingKeys.log)

    static let alternatives =
        [Alternative(one: ["api.base_url"], other: ["api.region", "api.environment"])]
        + SettingKeys.passwords.map { Alternative(one: [$0.path], other: [$0.path + "_file"]) }
}

/// The one description of a key: from it come strictness, the environment variable, the default and the reference.
struct SettingKey<Value: Sendable>: Sendable {
    /// The dotted path of the key in its file.
    let path: String
    let format: ValueFormat<Value>
    /// The default as it would be written; nil for a key that is required or may be absent.
    let fallback: String?
    let about: String

    init(_ path: String, _ format: ValueFormat<Value>, default fallback: String? = nil, _ about: String) {
        self.path = path
        self.format = format
        self.fallback = fallback
        self.about = about
    }

    var description: KeyDescription {
        KeyDescription(path: path, expectation: format.expectation, fallback: fallback, about: about, form: .scalar)
    }
}

/// One key of a settings or job file, as the reference in the documentation shows it.
package struct KeyDescription: Sendable, Equatable {
    /// The dotted path: `limits.rate`.
    package let path: String
    /// What a right value is: 'a whole number, at least 1'.
    package let expectation: String
    /// The default as it would be written; nil if there is none.
    package let fallback: String?
    /// What the key is for.
    package let about: String
    /// Whether the key holds one value, or a list or table.
    package let form: Form

    /// What can stand under a key.
    package enum Form: Sendable {
        /// One value.
        case scalar
        /// A list or table of the user's own, which cannot come from the environment.
        case structure
        /// One value, which can come from the environment, or a list or table.
        case either
    }

    /// The environment variable that overrides the key in `rollcall.yaml`.
    package var environmentVariable: String? {
        form == .structure ? nil : "ROLLCALL_" + path.uppercased().replacing(".", with: "_")
    }
}

extension SettingKeys {
    static let baseURL = SettingKey(
        "api.base_url", .httpsURL, "the API's address; instead of it, region and environment")
    static let region = SettingKey<Settings.API.Region>("api.region", .choice, "Mastercard's region")
    static let environment = SettingKey<Settings.API.Environment>(
        "api.environment", .choice, "Mastercard's environment in that region")
    static let clientCertificate = SettingKey(
        "api.client_certificate", .path, "the certificate shown to the API: a PEM chain, or PKCS#12 with its key")
    static let clientCertificatePassword = SettingKey(
        "api.client_certificate_password", .secret, "opens a PKCS#12 client certificate")
    static let clientKey = SettingKey(
        "api.client_key", .path, "the client certificate's private key; not for PKCS#12")
    static let clientKeyPassword = SettingKey("api.client_key_password", .secret, "opens an encrypted client key")
    static let caCertificates = SettingKey(
        "api.ca_certificates", .path, "whom the API's certificate must come from; absent: the system's authorities")
    static let encryptionKey = SettingKey(
        "api.encryption_key", .path, "encrypts requests: the API's certificate or public key, PEM or DER")
    static let encryptionKeyID = SettingKey(
        "api.encryption_key_id", .text, "the kid; absent: SHA-256 of the DER public key, in hex")
    static let decryptionKey = KeyDescription(
        path: "api.decryption_key", expectation: "a path, or a list of paths and of { file, password_file }",
        fallback: nil,
        about: "decrypts answers: your private key, PEM, DER or PKCS#12; several around the yearly change of the key",
        form: .either)
    static let decryptionKeyPassword = SettingKey(
        "api.decryption_key_password", .secret,
        "opens an encrypted decryption key that has no password_file of its own")
    static let requestTimeout = SettingKey(
        "api.request_timeout", .duration(.milliseconds(1)...(.seconds(600)), "at most 10m"), default: "30s",
        "how long one call may take")
    static let connectTimeout = SettingKey(
        "api.connect_timeout", .duration(.milliseconds(1)...(.seconds(600)), "at most 10m"), default: "5s",
        "how long a connection may take to come up")
    static let proxy = SettingKey("api.proxy", .proxy, "the proxy through which the API is reached")
    static let requireEncryptedAnswers = SettingKey(
        "api.require_encrypted_answers", .boolean, default: "false", "halt when an answer comes unencrypted")

    static let passwords = [clientCertificatePassword, clientKeyPassword, decryptionKeyPassword]

    static let required = [clientCertificate.path, encryptionKey.path, decryptionKey.path]

    /// The file a password can stand in instead, readable by its owner only.
    static func file(of password: SettingKey<Secret>) -> SettingKey<String> {
        SettingKey(password.path + "_file", .path, "a private file that holds \(password.path)")
    }

    static let api: [KeyDescription] = [
        baseURL.description, region.description, environment.description, clientCertificate.description,
        clientCertificatePassword.description, file(of: clientCertificatePassword).description, clientKey.description,
        clientKeyPassword.description, file(of: clientKeyPassword).description, caCertificates.description,
        encryptionKey.description, encryptionKeyID.description, decryptionKey,
        decryptionKeyPassword.description, file(of: decryptionKeyPassword).description, requestTimeout.description,
        connectTimeout.description, proxy.description, requireEncryptedAnswers.description,
    ]
}

extension SettingKeys {
    static let shutdownGrace = SettingKey(
        "daemon.shutdown_grace", .duration(.seconds(0)...(.seconds(3600)), "at most 1h"), default: "30s",
        "how long calls under way may still take when the daemon is told to stop")
    static let retention = SettingKey(
        "daemon.retention", .duration(.seconds(3600)...(.seconds(3650 * 86400)), "from 1h to 3650d"), default: "90d",
        "how long finished batches stay in the tables that are worked on")
    static let poll = SettingKey(
        "daemon.poll", .duration(.milliseconds(10)...(.seconds(60)), "from 10ms to 60s"), default: "250ms",
        "how often the daemon looks for what other commands decided")
    static let daemon: [KeyDescription] = [shutdownGrace.description, retention.description, poll.description]

    static let notify = KeyDescription(
        path: "notify",
        expectation:
            "a program, a list of a program and its arguments, or { command: […], on: [completed, halted, …] }, where "
            + "webhook: { url, secret_file } or email can take the command's place, with after: 10m",
        fallback: nil, about: "who is told of events: a command has them as JSON on its standard input",
        form: .structure)
}

extension SettingKeys {
    static let currency = SettingKey("pricing.currency", .currency, "the currency of the prices")
    static let tiers = KeyDescription(
        path: "pricing.tiers",
        expectation: "a list such as [ { up_to: 100000, each: 0.10 }, { each: 0.07 } ], rising, the last without up_to",
        fallback: nil, about: "prices by the calls of the calendar month so far; absent: 'cost unknown'",
        form: .structure)
    static let pricing: [KeyDescription] = [currency.description, tiers]
}

/// The sections a job can set for itself, too.
extension SettingKeys {
    static let rate = SettingKey("limits.rate", .rate, default: "20", "calls per second, by your contract")
    static let burst = SettingKey(
        "limits.burst", .integer(1...100_000), default: "1", "calls that may go out at once after a pause")
    static let concurrency = SettingKey(
        "limits.concurrency", .integer(1...1000), default: "32", "calls that may be under way at once")
    static let dailyCalls = SettingKey(
        "limits.daily_calls", .integer(atLeast: 0), "calls of one day; absent: no cap, 0: no calls")
    static let batchCalls = SettingKey(
        "limits.batch_calls", .integer(atLeast: 0), "calls of one batch; absent: no cap, 0: no calls")
    static let monthlyCost = SettingKey(
        "limits.monthly_cost", .price, "the most that calls of one calendar month may cost by pricing; absent: no cap")
    static let timeZone = SettingKey("limits.time_zone", .timeZone, default: "UTC", "where a day and a month begin")
    static let limits: [KeyDescription] = [
        rate.description, burst.description, concurrency.description, dailyCalls.description, batchCalls.description,
        monthlyCost.description, timeZone.description,
    ]

    static let attempts = SettingKey("retry.attempts", .integer(1...100), default: "5", "attempts at one record")
    static let baseDelay = SettingKey(
        "retry.base_delay", .duration(.milliseconds(1)...(.seconds(3600)), "at most 1h"), default: "500ms",
        "the first wait before another attempt, doubled each time")
    static let maxDelay = SettingKey(
        "retry.max_delay", .duration(.milliseconds(1)...(.seconds(86400)), "at most 1d"), default: "60s",
        "the longest such wait")
    static let inDoubt = SettingKey<Settings.Retry.InDoubt>(
        "retry.in_doubt", .choice, default: "hold",
        "what becomes of a record that was maybe sent: held for an operator, or sent again and maybe billed twice")
    static let inDoubtBudget = SettingKey(
        "retry.in_doubt_budget", .integer(atLeast: 0),
        "how many in-doubt records of a batch 'retry' may send again; absent: all")
    static let retry: [KeyDescription] = [
        attempts.description, baseDelay.description, maxDelay.description, inDoubt.description,
        inDoubtBudget.description,
    ]

    static let probes = SettingKey(
        "halt.probes", .integer(1...100), default: "3", "single probes after a refusal, before the batch halts")
    static let probeInterval = SettingKey(
        "halt.probe_interval", .duration(.milliseconds(1)...(.seconds(3600)), "at most 1h"), default: "20s",
        "the wait between such probes")
    static let undecipherable = SettingKey(
        "halt.undecipherable", .integer(1...1000), default: "3", "answers in a row that do not decrypt, then a halt")
    static let outage = SettingKey(
        "halt.outage", .duration(.seconds(1)...(.seconds(30 * 86400)), "from 1s to 30d"),
        "how long the API may be away before a halt; absent: 5m for run, 6h for the daemon")
    static let haltFailed = SettingKey(
        "halt.failed", .share, default: "50%", "more than this share of the last answers failing for good halts")
    static let haltFailedOf = SettingKey(
        "halt.failed_of", .integer(10...10_000), default: "100", "how many of the last answers halt.failed looks at")
    static let halt: [KeyDescription] = [
        probes.description, probeInterval.description, undecipherable.description, outage.description,
        haltFailed.description, haltFailedOf.description,
    ]

    static let confirmCalls = SettingKey(
        "confirm_above.calls", .integer(atLeast: 0), default: "10000", "a batch of more calls waits for confirmation"
    )
    static let confirmCost = SettingKey(
        "confirm_above.cost", .price, "a batch that costs more by pricing waits for confirmation; absent: no bound")
    static let confirmAbove: [KeyDescription] = [confirmCalls.description, confirmCost.description]

    static let maxInvalid = SettingKey(
        "max_invalid", .share,
        "a batch with a larger share of invalid lines waits for confirmation; absent: 5%, and one bad line always may"
    )

    static let running = limits + retry + halt + confirmAbove
}
