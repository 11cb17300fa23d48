import Basics
package import Foundation
import OpenSSL

/// What is wrong with key material that can be read: one cause, with the setting to change and the remedy.
enum CredentialFault: Sendable, Equatable {
    // Dates.
    case expired(DatedKey)
    case notYetValid(DatedKey, seconds: Double)
    case ending(DatedKey, days: Int)
    /// One of several authorities has expired.
    case authorityExpired(DatedKey)
    // The client certificate.
    case purposes([CertificateUse.Purpose])
    case mayNotSign
    case authority
    case selfSigned
    case weaklySigned
    // Which key belongs where.
    case certificateSwappedWithEncryptionKey
    case clientKeySwappedWithDecryptionKey
    case keyOfAnotherCertificate
    case encryptionKeyIsOwn
    case encryptionKeyIsClients
    case decryptionKeyIsClients(path: String)
    case decryptionCertificateIsForClients(path: String)
    case decryptionKeyTwice(path: String)
    case noAuthority
    // The key's id.
    case keyIDOfCertificate(right: String)
    case keyIDOfOwnKey(right: String)
    case keyIDInSHA1(right: String)
    case keyIDOfAnotherKey(right: String)
    // The environment.
    case otherEnvironment(setting: String, says: String, is: String)
    case unknownAddress
    case addressOfResource
    case addressWithoutPath

    /// Whether nothing can work so, or it may.
    var isCertain: Bool {
        switch self {
        case .ending, .authorityExpired, .decryptionKeyIsClients, .decryptionCertificateIsForClients,
            .decryptionKeyTwice, .noAuthority, .keyIDOfCertificate, .keyIDInSHA1, .keyIDOfAnotherKey,
            .otherEnvironment, .unknownAddress:
            false
        default: true
        }
    }

    /// The setting to change.
    var setting: String {
        switch self {
        case .expired(let key), .notYetValid(let key, _), .ending(let key, _), .authorityExpired(let key): key.setting
        case .purposes, .mayNotSign, .authority, .selfSigned, .weaklySigned, .certificateSwappedWithEncryptionKey,
            .keyOfAnotherCertificate, .clientKeySwappedWithDecryptionKey:
            CredentialSetting.clientCertificate
        case .encryptionKeyIsOwn, .encryptionKeyIsClients: CredentialSetting.encryptionKey
        case .decryptionKeyIsClients, .decryptionCertificateIsForClients, .decryptionKeyTwice:
            CredentialSetting.decryptionKey
        case .noAuthority: CredentialSetting.caCertificates
        case .keyIDOfCertificate, .keyIDOfOwnKey, .keyIDInSHA1, .keyIDOfAnotherKey: CredentialSetting.encryptionKeyID
        case .otherEnvironment(let setting, _, _): setting
        case .unknownAddress, .addressOfResource, .addressWithoutPath: CredentialSetting.baseURL
        }
    }
}

extension DatedKey {
    /// That it ends soon or has ended, with its setting and the remedy, in one sentence; nil where it does not.
    package func notice(at now: Date) -> String? {
        switch validity(at: now) {
        case .expired: "\(setting): \(CredentialFault.expired(self).text)"
        case .ending(let days): "\(setting): \(CredentialFault.ending(self, days: days).text)"
        case .current, .future: nil
        }
    }
}

extension CredentialFault {
    /// The cause and the remedy, in one sentence.
    var text: String { dateText ?? certificateText ?? pairText ?? keyIDText ?? addressText ?? "" }

    private var dateText: String? {
        switch self {
        case .expired(let key):
            "\(key.subject) expired on \(Self.day(key.end)): "
                + (key.isOfAdministration ? "put a new one in its place" : "get a new one from the portal")
        case .notYetValid(let key, let seconds) where seconds < 86_400:
            "\(key.subject) is not valid for another \(Self.span(seconds)): this machine's clock is probably slow; set "
                + "it (NTP)"
        case .notYetValid(let key, _):
            "\(key.subject) is not valid before \(Self.day(key.begin)): use the present one until then, or check this "
                + "machine's clock"
        case .ending(let key, 0): "\(key.subject) ends within a day: renew it now"
        case .ending(let key, let days):
            "\(key.subject) ends in \(days == 1 ? "1 day" : "\(days) days"), on \(Self.day(key.end)): renew it in time"
        case .authorityExpired(let key):
            "\(key.subject) expired on \(Self.day(key.end)), others beside it are valid: take it out"
        default: nil
        }
    }

    private var certificateText: String? {
        switch self {
        case .purposes(let purposes):
            "it is not for clients of TLS (clientAuth)"
                + (purposes.isEmpty ? "" : " but for \(purposes.map(\.rawValue).joined(separator: ", "))")
                + ": give the client certificate that the portal issued"
        case .mayNotSign:
            "its key usage has no digitalSignature, which TLS 1.3 demands: have it issued again as a client certificate"
        case .authority:
            "it is an authority's certificate and not a client's: give the one that was issued for your own key"
        case .selfSigned:
            "it is self-signed, and the API takes only what Mastercard issued: send a certificate request to the portal"
        case .weaklySigned:
            "its signature is too weak for TLS (SHA-1 or older): have it issued again with SHA-256"
        default: nil
        }
    }

    private var pairText: String? {
        switch self {
        case .certificateSwappedWithEncryptionKey:
            "api.client_key fits the certificate under api.encryption_key: exchange the files of the two"
        case .clientKeySwappedWithDecryptionKey:
            "the key under api.decryption_key fits it, and api.client_key does not: exchange the files of the two"
        case .keyOfAnotherCertificate:
            "api.client_key is the key of another certificate: give the two that belong together; how to find out which do "
                + "says \(Hint.help(["keys", "inspect"]))"
        case .encryptionKeyIsOwn:
            "it is the public half of your own api.decryption_key: give Mastercard's key (in the portal: Client "
                + "Encryption Key)"
        case .encryptionKeyIsClients:
            "it is your own client certificate's key: give Mastercard's key (in the portal: Client Encryption Key)"
        case .decryptionKeyIsClients(let path):
            "\(path) is the client certificate's key: give the one that answers are encrypted to (in the portal: "
                + "Mastercard Encryption Key), unless you registered one key for both"
        case .decryptionCertificateIsForClients(let path):
            "\(path) holds a certificate for clients of TLS (clientAuth): it belongs under api.client_certificate; give "
                + "the key that answers are encrypted to (in the portal: Mastercard Encryption Key)"
        case .decryptionKeyTwice(let path): "\(path) holds a key that stands in the list before: take it out"
        case .noAuthority:
            "none of them is an authority's certificate: give those that issued the API's, or take the setting out for the "
                + "system's"
        default: nil
        }
    }

    private var keyIDText: String? {
        switch self {
        case .keyIDOfCertificate(let right):
            "it is the fingerprint of the certificate, and the API knows the key by that of the public key, \(right); "
                + "take the setting out, unless Mastercard told you otherwise"
        case .keyIDOfOwnKey(let right):
            "it is the fingerprint of your own api.decryption_key: take the setting out, and \(right) is sent"
        case .keyIDInSHA1(let right):
            "it is as long as a SHA-1 fingerprint, and the API wants SHA-256, \(right); take the setting out, unless "
                + "Mastercard told you otherwise"
        case .keyIDOfAnotherKey(let right):
            "it is a fingerprint of neither key nor certificate, so perhaps of last year's: take the setting out, and "
                + "\(right) is sent"
        default: nil
        }
    }

    private var addressText: String? {
        switch self {
        case .otherEnvironment(_, let says, let environment):
            "its name says \(says), and api.base_url is \(environment)'s: each environment has keys of its own; give "
                + "\(environment)'s"
        case .unknownAddress:
            "it is at Mastercard and none of the API's six addresses: set api.region and api.environment instead"
        case .addressOfResource: "it ends with /openings, which Rollcall adds: take that off"
        case .addressWithoutPath: "it lacks the path /identity/accounts: set api.region and api.environment instead"
        default: nil
        }
    }

    private static func day(_ date: Date) -> String {
        date.formatted(.iso8601.year().month().day())
    }

    private static func span(_ seconds: Double) -> String {
        let minutes = Int((seconds / 60).rounded(.up))
        if minutes < 120 { return minutes == 1 ? "1 minute" : "\(minutes) minutes" }
        return "\(Int((seconds / 3_600).rounded(.up))) hours"
    }
}
