import COpenSSL

/// OpenSSL's library as a whole.
package enum OpenSSLLibrary {
    /// Leaves what OpenSSL holds to the system when the process exits (`man 3 OPENSSL_init_crypto`, `NO_ATEXIT`). Call it
    /// first in `main`: it takes effect only before anything else of OpenSSL is used.
    ///
    /// Otherwise `exit` takes its tables apart while other threads still use them: the transport's, which closes its
    /// connections, where a command ends with an error. Such a process crashes now and then, with an exit code that says
    /// nothing, after its work was done.
    package static func leaveToExit() {
        // It fails only where OpenSSL cannot be used at all, which its first use tells with words.
        _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
    }
}
