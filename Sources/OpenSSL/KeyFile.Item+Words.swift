extension KeyFile.Item {
    /// What to call it in an error.
    var noun: String {
        switch self {
        case .certificate: "certificate"
        case .publicKey: "public key"
        case .privateKey: "private key"
        case .lockedPrivateKey: "encrypted private key"
        case .lockedKeystore: "encrypted PKCS#12 keystore"
        case .other(let label): label
        }
    }

    var isLockedKeystore: Bool {
        if case .lockedKeystore = self { true } else { false }
    }
}
