import COpenSSL

/// A library context with OpenSSL's default and legacy providers, for RC2 and the other old ciphers of keystores.
///
/// It lives while one file is read. The global context never gets to know those ciphers.
enum LegacyProviders {
    static func withContext<Result>(_ body: (OpaquePointer) throws -> Result) throws -> Result {
        let context = try require(OSSL_LIB_CTX_new(), "make a library context")
        defer { OSSL_LIB_CTX_free(context) }
        let standard = try require(OSSL_PROVIDER_load(context, "default"), "load its default provider")
        defer { unload(standard) }
        // A system may come without legacy.so; then only files that need it are refused.
        let legacy = OSSL_PROVIDER_load(context, "legacy")
        ERR_clear_error()
        defer { if let legacy { unload(legacy) } }
        return try body(context)
    }

    // Unloading fails only when a provider was never loaded.
    private static func unload(_ provider: OpaquePointer) {
        _ = OSSL_PROVIDER_unload(provider)
    }
}
