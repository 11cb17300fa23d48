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
