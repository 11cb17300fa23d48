import Basics
import NIOSSL
import OpenSSL

/// The keys the emulator works with at present; they can be exchanged while it serves, as in Mastercard's portal.
///
/// A connection keeps the certificates of its handshake; requests and answers go by the keys of the moment they are
/// handled.
final class KeysInUse: Sendable {
    /// What one set of keys makes of connections, requests and answers.
    struct Present: Sendable {
        let tls: NIOSSLContext
        let check: CertificateCheck
        let opener: RequestOpener
        let sealer: AnswerSealer
    }

    private let state: Lock<Present>
    private let answersCertificateErrors: Bool

    /// - Parameters:
    ///   - material: the keys to begin with.
    ///   - answersCertificateErrors: whether a wrong client certificate is answered instead of failing the handshake.
    /// - Throws: an error of OpenSSL, NIOSSL or JOSE if the keys cannot be used.
    init(_ material: EmulatorMaterial, answersCertificateErrors: Bool) throws {
        self.answersCertificateErrors = answersCertificateErrors
        state = Lock(try Present([material], answersCertificateErrors: answersCertificateErrors))
    }

    var present: Present { state.withLock { $0 } }

    /// Puts other keys in place.
    ///
    /// - Parameter materials: at least one; requests and certificates of all are accepted, answers come under each in
    ///   turn, and the last has the server's certificate.
    /// - Throws: an error of OpenSSL, NIOSSL or JOSE if one cannot be used; the keys stay as they were then.
    func exchange(for materials: [EmulatorMaterial]) throws {
        let next = try Present(materials, answersCertificateErrors: answersCertificateErrors)
        state.withLock { $0 = next }
    }
}

extension KeysInUse.Present {
    init(_ materials: [EmulatorMaterial], answersCertificateErrors: Bool) throws {
        guard let last = materials.last else { throw EmulatorError.noKeys }
        let certificates = materials.compactMap(\.client.chain.first?.der)
        tls = try NIOSSLContext(
            configuration: last.serverTLS(
                trusting: materials.map(\.authority), optional: answersCertificateErrors))
        check = CertificateCheck(accepted: answersCertificateErrors ? certificates : nil)
        opener = RequestOpener(keys: materials.map(\.requestKey))
        sealer = try AnswerSealer(
            keys: materials.map(\.answerKey.publicKey), stranger: last.requestKey.publicKey)
    }
}

/// Which keys the emulator takes after its folder was read again. A pure rule.
///
/// New keys are taken beside the former ones, as around the change of a key in the portal; once the folder is read again
/// without another change the former ones are retired.
struct KeySuccession: Sendable {
    private(set) var inUse: [EmulatorMaterial]

    init(_ first: EmulatorMaterial) { inUse = [first] }

    /// Takes what the folder holds now.
    mutating func take(_ found: EmulatorMaterial) {
        let isChanged = inUse.last.map { $0.fingerprints != found.fingerprints } ?? true
        inUse = isChanged ? inUse.suffix(1) + [found] : [found]
    }
}

extension EmulatorMaterial {
    /// What distinguishes two sets of keys.
    fileprivate var fingerprints: [String] {
        [authority.fingerprint] + (server.chain + client.chain).map(\.fingerprint)
            + [requestKey.publicKey.fingerprint, answerKey.publicKey.fingerprint]
    }
}
