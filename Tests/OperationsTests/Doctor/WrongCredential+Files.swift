import Foundation
import OpenSSL
import TestSupport

@testable import Operations

extension WrongCredential {
    private static let client = "api.client_certificate"
    private static let encryption = "api.encryption_key"
    private static let encryptionID = "api.encryption_key_id"
    private static let decryption = "api.decryption_key"

    static let passwords = [
        WrongCredential("keystore of the RC2 kind", client, .fine, "CN=client, its key fits") {
            try $0.useKeystore($0.good.client.pkcs12(password: Array("open".utf8), isRC2: true), password: "open")
        },
        WrongCredential(
            "keystore, wrong password", client, .failure, "does not open with the password", "correct the password"
        ) {
            try $0.useKeystore($0.good.client.pkcs12(password: Array("open".utf8)), password: "shut")
        },
        WrongCredential("keystore, no password", client, .failure, "encrypted and no password", "set its password") {
            try $0.useKeystore($0.good.client.pkcs12(password: Array("open".utf8)), password: nil)
        },
        WrongCredential(
            "keystore, password in Latin-1", client, .failure, "another encoding (Latin-1)", "export it again"
        ) {
            try $0.useKeystore($0.good.client.pkcs12(password: [0x67, 0xE4, 0x6E, 0x73, 0x65]), password: "gänse")
        },
        WrongCredential(
            "key, wrong password", decryption, .failure, "does not open with the password", "correct the password"
        ) {
            try $0.write($0.good.decryption.pem(password: "open"), "decryption.pem")
            $0.settings["decryption_key_password"] = "shut"
        },
        WrongCredential(
            "encrypted key without a password", decryption, .failure, "no password was given", "set its password"
        ) {
            try $0.write($0.good.decryption.pem(password: "open"), "decryption.pem")
        },
    ]

    static let files = [
        WrongCredential("empty file", client, .failure, "is empty", "put the key or certificate there") {
            try $0.write([], "client.pem")
        },
        WrongCredential("only blanks", encryption, .failure, "nothing but blanks", "put the key or certificate there") {
            try $0.write(Array(" \n\n".utf8), "encryption.pem")
        },
        WrongCredential("folder", encryption, .failure, "is a folder", "name the key's own file") {
            $0.settings["encryption_key"] = "."
        },
        WrongCredential("no such file", client, .failure, "is not there", "correct the path") {
            $0.settings["client_certificate"] = "cleint.pem"
        },
        WrongCredential(
            "a link that leads nowhere", encryption, .failure, "a link that leads nowhere", "name the file itself"
        ) {
            try $0.remove("encryption.pem")
            try FileManager.default.createSymbolicLink(
                atPath: $0.path("encryption.pem"), withDestinationPath: "encryption.pem")
        },
        WrongCredential("readable by others", decryption, .failure, "can be read by others", "chmod 600") {
            try $0.write($0.good.decryption.pem(), "decryption.pem", mode: 0o640)
        },
        WrongCredential("BOM before PEM", encryption, .fine, "RSA 2048, kid ") {
            try $0.write([0xEF, 0xBB, 0xBF] + $0.good.encryption.pem(), "encryption.pem")
        },
        WrongCredential("PEM with CRLF", decryption, .fine, "RSA 2048, fingerprint ") {
            let text = String(decoding: try $0.good.decryption.pem(), as: UTF8.self)
            try $0.write(Array(text.replacing("\n", with: "\r\n").utf8), "decryption.pem")
        },
        WrongCredential("text before PEM", client, .fine, "CN=client, its key fits") {
            let head = "Bag Attributes\n    localKeyID: 01\nsubject=CN = client\n"
            try $0.write(Array(head.utf8) + $0.good.client.pem(), "client.pem")
        },
        WrongCredential("DER under .pem", client, .fine, "CN=client, its key fits") {
            try $0.write($0.good.client.der(), "client.pem")
            try $0.write($0.good.client.key.der(), "client.key")
        },
        WrongCredential(
            "PEM without line breaks", decryption, .failure, "has lost its line breaks", "on a line of its own"
        ) {
            let text = String(decoding: try $0.good.decryption.pem(), as: UTF8.self)
            try $0.write(Array(text.replacing("\n", with: " ").utf8), "decryption.pem")
        },
        WrongCredential(
            "PEM with \\n for line breaks", decryption, .failure, "has lost its line breaks", "copy the file itself"
        ) {
            let text = String(decoding: try $0.good.decryption.pem(), as: UTF8.self)
            try $0.write(Array(text.replacing("\n", with: "\\n").utf8), "decryption.pem")
        },
        WrongCredential("PEM cut off", decryption, .failure, "its -----END line is missing", "copy it again") {
            try $0.write($0.good.decryption.pem().dropLast(60), "decryption.pem")
        },
        WrongCredential("PEM damaged", client, .failure, "is damaged between its ----- lines", "copy it again") {
            let text = String(decoding: try $0.good.client.pem(), as: UTF8.self)
            try $0.write(Array(text.replacing("\nMII", with: "\nM*I").utf8), "client.pem")
        },
        WrongCredential("base64 without its lines", encryption, .failure, "without its -----BEGIN and -----END lines") {
            try $0.write(Array(Data($0.good.encryption.der()).base64EncodedString().utf8), "encryption.pem")
        },
        WrongCredential("UTF-16", client, .failure, "is text in UTF-16", "save it as plain ASCII or UTF-8") {
            let text = String(decoding: try $0.good.client.pem(), as: UTF8.self)
            try $0.write(
                [0xFF, 0xFE] + Array(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }), "client.pem")
        },
    ]

    static let foreign = [
        WrongCredential("certificate request", client, .failure, "is a certificate request", "give the certificate") {
            try $0.write($0.good.client.key.request(commonName: "client"), "client.pem")
        },
        WrongCredential(
            "certificate request in DER", client, .failure, "is a certificate request", "give the certificate"
        ) {
            try $0.write($0.good.client.key.request(commonName: "client", der: true), "client.pem")
        },
        WrongCredential("list of revoked certificates", client, .failure, "a list of revoked certificates") {
            try $0.write($0.good.authority.revocationList(), "client.pem")
        },
        WrongCredential("PKCS#7", client, .failure, "is a PKCS#7 bundle", "openssl pkcs7 -print_certs") {
            try $0.write($0.good.client.pkcs7(), "client.pem")
        },
        WrongCredential("PKCS#7 in DER", encryption, .failure, "is a PKCS#7 bundle", "-inform DER") {
            try $0.write($0.good.encryption.pkcs7(der: true), "encryption.pem")
        },
        WrongCredential("Java keystore", decryption, .failure, "is a Java keystore", "-deststoretype pkcs12") {
            try $0.write([0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2, 0, 0, 0, 1], "decryption.pem")
        },
        WrongCredential("OpenSSH private key", decryption, .failure, "in OpenSSH's form", "ssh-keygen -p -m PKCS8") {
            try $0.write(armoured("OPENSSH PRIVATE KEY", Array("openssh-key-v1\0none".utf8)), "decryption.pem")
        },
        WrongCredential("OpenSSH public key", encryption, .failure, "in OpenSSH's form", "ssh-keygen -e -m PKCS8") {
            let body = Data(try $0.good.encryption.der()).base64EncodedString()
            try $0.write(Array("ssh-rsa \(body) me@here\n".utf8), "encryption.pem")
        },
        WrongCredential("JSON Web Key", decryption, .failure, "is a JSON Web Key", "PEM or PKCS#12") {
            try $0.write(Array(#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.utf8), "decryption.pem")
        },
        WrongCredential("OpenPGP key", encryption, .failure, "a key of OpenPGP", "that the portal offers") {
            try $0.write(armoured("PGP PUBLIC KEY BLOCK", [1, 2, 3]), "encryption.pem")
        },
        WrongCredential("PuTTY key", decryption, .failure, "a key of PuTTY", "puttygen") {
            try $0.write(Array("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n".utf8), "decryption.pem")
        },
        WrongCredential("web page", encryption, .failure, "is a web page and no key", "sign in to the portal") {
            try $0.write(Array("<!DOCTYPE html><title>Sign in</title>".utf8), "encryption.pem")
        },
        WrongCredential("archive", encryption, .failure, "is an archive", "unpack it") {
            try $0.write([0x50, 0x4B, 0x03, 0x04, 20, 0], "encryption.pem")
        },
    ]

    static let ids = [
        WrongCredential("kid in capitals with colons", encryption, .fine, "set in another writing") {
            let digits = try KeyFingerprint.of($0.good.encryption.key.publicDER()).uppercased()
            $0.settings["encryption_key_id"] = "\"\(KeyFingerprint.colons(digits))\""
        },
        WrongCredential(
            "kid is the certificate's fingerprint", encryptionID, .warning, "is the fingerprint of the certificate",
            "take the setting out"
        ) {
            $0.settings["encryption_key_id"] = try KeyFingerprint.of($0.good.encryption.der())
        },
        WrongCredential(
            "kid is of the own key", encryptionID, .failure, "of your own api.decryption_key", "take the setting out"
        ) {
            $0.settings["encryption_key_id"] = try KeyFingerprint.of($0.good.decryption.publicDER())
        },
        WrongCredential(
            "kid is of last year's key", encryptionID, .warning, "of neither key nor certificate",
            "take the setting out"
        ) {
            $0.settings["encryption_key_id"] = try KeyFingerprint.of(MadeKey.rsa().publicDER())
        },
        WrongCredential(
            "kid is in SHA-1", encryptionID, .warning, "as long as a SHA-1 fingerprint", "take the setting out"
        ) {
            $0.settings["encryption_key_id"] = String(try KeyFingerprint.of($0.good.encryption.der()).prefix(40))
        },
    ]

    static let addresses = [
        WrongCredential(
            "another path, or region", "connection", .warning, "HTTP 404", "the path of api.base_url, or its region"
        ) {
            $0.settings["base_url"] = $0.settings["base_url"]?.replacing("/accounts", with: "/account")
        },
        WrongCredential("address of the resource", "api.base_url", .failure, "ends with /openings", "take that off") {
            $0.settings["base_url"]? += "/openings"
        },
        WrongCredential(
            "server of another authority, or a proxy that opens TLS", "connection", .failure,
            "does not hold the API's authority, or a proxy in between opens TLS"
        ) {
            try $0.write(MadeCertificate(.authority("Elsewhere")).pem(), "ca.pem")
        },
    ]

    private static func armoured(_ label: String, _ body: [UInt8]) -> [UInt8] {
        Array("-----BEGIN \(label)-----\n\(Data(body).base64EncodedString())\n-----END \(label)-----\n".utf8)
    }
}

/// SHA-256 as keys are known by it.
enum KeyFingerprint {
    static func of(_ bytes: [UInt8]) throws -> String { try SHA256.hex(bytes) }

    /// Two digits at a time, as `openssl x509 -fingerprint` shows them.
    static func colons(_ digits: String) -> String {
        stride(from: 0, to: digits.count, by: 2).map { String(digits.dropFirst($0).prefix(2)) }.joined(separator: ":")
    }
}
