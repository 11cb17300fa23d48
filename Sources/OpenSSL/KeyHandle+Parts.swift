import COpenSSL

extension KeyHandle {
    /// A handle on the public half only.
    func publicHalf() throws -> KeyHandle {
        let encoded = try subjectPublicKeyInfo()
        let decoded = encoded.withUnsafeBufferPointer { DER.decode($0) { d2i_PUBKEY(nil, $0, $1) } }
        return KeyHandle(takingOwnership: try require(decoded, "take a key's public half"))
    }

    /// An RSA key's modulus, big-endian.
    func modulus() throws -> [UInt8] {
        var number: OpaquePointer?
        try require(EVP_PKEY_get_bn_param(pointer, OSSL_PKEY_PARAM_RSA_N, &number), "read a key's modulus")
        defer { BN_free(number) }
        let count = (bits + 7) / 8
        return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            try require(BN_bn2binpad(number, buffer.baseAddress, Int32(count)), "read a key's modulus")
            filled = count
        }
    }
}
