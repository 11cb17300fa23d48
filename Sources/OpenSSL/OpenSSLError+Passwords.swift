extension OpenSSLError {
    static func passwordMissing(name: String) -> OpenSSLError {
        refused(
            .passwordMissing,
            "\(name) is encrypted and no password was given; set its password, or the file that holds it")
    }

    static func wrongPassword(name: String) -> OpenSSLError {
        failed(.wrongPassword, "\(name) does not open with the password given; correct the password")
    }
}
