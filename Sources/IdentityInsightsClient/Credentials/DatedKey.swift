package import Foundation
import OpenSSL

/// A certificate under one of the settings: what of the keys begins and ends at a date.
///
/// The one place from which `doctor`, the daemon's warnings and notifications, and metrics know when a key ends.
package struct DatedKey: Sendable, Equatable {
    /// The setting that names its file, such as `api.client_certificate`.
    package let setting: String
    /// The certificate's subject.
    package let subject: String
    /// The lower-case hexadecimal SHA-256 of the certificate.
    package let fingerprint: String
    /// When it becomes valid.
    package let begin: Date
    /// When it expires.
    package let end: Date

    /// Describes a dated key.
    package init(setting: String, subject: String, fingerprint: String, begin: Date, end: Date) {
        self.setting = setting
        self.subject = subject
        self.fingerprint = fingerprint
        self.begin = begin
        self.end = end
    }

    init(_ certificate: Certificate, setting: String) {
        self.init(
            setting: setting, subject: certificate.subject, fingerprint: certificate.fingerprint,
            begin: certificate.notBefore, end: certificate.notAfter)
    }

    /// All of a setting's certificates.
    static func all(_ certificates: [Certificate], under setting: String) -> [DatedKey] {
        certificates.map { DatedKey($0, setting: setting) }
    }
}

extension DatedKey {
    /// An end nearer than this is worth a warning, in days.
    package static let daysOfNotice = 30
    /// How long before the end the daemon sends a reminder, in days.
    package static let reminders = [30, 14, 7, 3, 1]
    private static let day = 86_400.0

    /// How a key stands at a moment.
    package enum Validity: Sendable, Equatable {
        /// Not yet valid, for so many more seconds.
        case future(seconds: Double)
        /// Valid for longer than the time of notice.
        case current
        /// Valid for so many more whole days, at most ``DatedKey/daysOfNotice``.
        case ending(days: Int)
        /// Expired.
        case expired
    }

    /// How it stands at a moment.
    package func validity(at now: Date) -> Validity {
        if end <= now { return .expired }
        if begin > now { return .future(seconds: begin.timeIntervalSince(now)) }
        let left = end.timeIntervalSince(now)
        return left <= Double(Self.daysOfNotice) * Self.day ? .ending(days: Int(left / Self.day)) : .current
    }

    /// The reminder that is due: the last of ``reminders`` whose time has come, 0 once it has expired, nil before the
    /// first.
    package func reminder(at now: Date) -> Int? {
        let left = end.timeIntervalSince(now)
        if left <= 0 { return 0 }
        return Self.reminders.last { left <= Double($0) * Self.day }
    }

    /// The first end under each setting, for metrics.
    package static func ends(of keys: [DatedKey]) -> [String: Date] {
        Dictionary(keys.map { ($0.setting, $0.end) }, uniquingKeysWith: min)
    }
}

/// The certificate with which the administration shows itself, and its key: read and checked as the keys of the API are.
package struct ServerCertificate: Sendable {
    /// The setting that names the certificates' file.
    package static let setting = "admin.certificate"
    private static let keySetting = "admin.key"

    /// The chain, the server's own certificate first, in PEM.
    package let chain: [UInt8]
    /// The key, in PEM. It is a secret.
    package let key: [UInt8]
    /// Each certificate of the chain, by the time at which it ends.
    package let datedKeys: [DatedKey]

    /// Reads both files; it may block.
    ///
    /// - Parameters:
    ///   - certificate: The certificates' file, `admin.certificate`.
    ///   - key: The key's file, `admin.key`, which nobody else may be able to read.
    /// - Throws: `CredentialError` that names the setting, the file and the remedy.
    package init(certificate: String, key: String) throws(CredentialError) {
        let certificateFile = CredentialFile(setting: Self.setting, path: certificate)
        let certificateBytes = try certificateFile.read(mustBePrivate: false)
        let keyFile = CredentialFile(setting: Self.keySetting, path: key)
        let keyBytes = try keyFile.read(mustBePrivate: true)
        // Parsed separately, so that a fault of the certificate is not reported as one of the key.
        let certificates = try certificateFile.reporting {
            let file = try KeyFile(certificateBytes, password: nil, name: certificate)
            _ = try file.certificates(name: certificate)
            return file
        }
        let identity = try keyFile.reporting {
            try ClientIdentity.load(
                certificates: certificates, certificateName: certificate, key: keyBytes, keyName: key, password: nil)
        }
        chain = try certificateFile.reporting { try identity.chainPEM() }
        self.key = try keyFile.reporting { try identity.keyPEM() }
        datedKeys = DatedKey.all(identity.chain, under: Self.setting)
    }
}

extension DatedKey {
    /// Whether the administration shows itself with it, rather than calls with it.
    package var isOfAdministration: Bool { setting == ServerCertificate.setting }
}
