package import Foundation
import JOSE
import OpenSSL

/// What the check of one setting of the keys found, for an operator.
package struct CredentialReport: Sendable {
    /// One thing that is wrong.
    package struct Cause: Sendable, Equatable {
        /// Whether nothing can work so; else it may, or not for long.
        package let isCertain: Bool
        /// What is wrong and what to do, in one sentence.
        package let text: String
    }

    package let setting: String
    /// What its file holds, in one line; the path where that cannot be said, empty where the setting names no file.
    package let summary: String
    /// When what it holds expires; nil for bare keys.
    package let end: Date?
    /// Everything that is wrong.
    package let causes: [Cause]

    /// Checks every setting of an endpoint's keys, each on its own and all together.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - baseURL: The API's address.
    ///   - now: The time.
    /// - Returns: One report for each file, and for other settings where something is wrong.
    package static func all(of files: CredentialFiles, baseURL: String, at now: Date) -> [CredentialReport] {
        let facts = CredentialFacts(files, baseURL: baseURL)
        let check = CredentialCheck(files: files, facts: facts, faults: CredentialRules(facts: facts, now: now).faults)
        return check.ofFiles() + check.ofOthers()
    }
}

/// Puts together what loading the files says and what the rules say.
private struct CredentialCheck {
    let files: CredentialFiles
    let facts: CredentialFacts
    let faults: [CredentialFault]

    func ofFiles() -> [CredentialReport] {
        let loader = CredentialLoader(files: files)
        return [
            report(CredentialSetting.clientCertificate) { describe(try loader.identity()) },
            report(CredentialSetting.caCertificates) { describe(authorities: try loader.authorities()) },
            report(CredentialSetting.encryptionKey) {
                let (key, id, _) = try loader.encryptionKey()
                _ = try loader.encrypter(to: key, keyID: id.sent)
                return "RSA \(key.bits), \(id.text)"
            },
            report(CredentialSetting.decryptionKey) {
                try loader.decryptionKeys().map(\.key)
                    .map { "RSA \($0.bits), fingerprint \($0.publicKey.fingerprint)" }
                    .joined(separator: "; ")
            },
        ]
    }

    /// What is wrong with settings that name no file.
    func ofOthers() -> [CredentialReport] {
        [CredentialSetting.encryptionKeyID, CredentialSetting.baseURL].compactMap { setting in
            let causes = causes(of: setting)
            guard !causes.isEmpty else { return nil }
            return CredentialReport(setting: setting, summary: "", end: nil, causes: causes)
        }
    }

    private func causes(of setting: String) -> [CredentialReport.Cause] {
        faults.filter { $0.setting == setting }.map { .init(isCertain: $0.isCertain, text: $0.text) }
    }

    private func report(_ setting: String, _ describe: () throws -> String) -> CredentialReport {
        let causes = causes(of: setting)
        do {
            let end = DatedKey.ends(of: facts.datedKeys)[setting]
            return CredentialReport(setting: setting, summary: try describe(), end: end, causes: causes)
        } catch let error as CredentialError {
            // Which other key it is says more than that it is another.
            let isExplained = error.isMismatch && !causes.isEmpty
            let problem = CredentialReport.Cause(isCertain: true, text: error.message)
            return CredentialReport(
                setting: isExplained ? setting : error.setting, summary: isExplained ? error.path : "", end: nil,
                causes: isExplained ? causes : [problem] + causes)
        } catch {
            let problem = CredentialReport.Cause(isCertain: true, text: "\(error)")
            return CredentialReport(setting: setting, summary: "", end: nil, causes: [problem])
        }
    }

    private func describe(_ identity: ClientIdentity) -> String {
        let subject = identity.chain.first?.subject ?? "no certificate"
        let isInOrder = identity.chain.map(\.fingerprint) == facts.client.map(\.dated.fingerprint)
        let order = isInOrder || files.clientKey == nil ? "" : " (sent in the right order, which the file's is not)"
        return "\(subject), its key fits\(order)"
    }

    private func describe(authorities: [Certificate]?) -> String {
        guard authorities != nil else { return "the system's" }
        let subjects = facts.authorities.map(\.dated.subject)
        return subjects.count > 3 ? "\(subjects.count) certificates" : subjects.joined(separator: "; ")
    }
}
