import COpenSSL
import Foundation

/// The owner of an `X509`.
struct CertificateHandle: ~Copyable {
    let pointer: OpaquePointer

    init(takingOwnership pointer: OpaquePointer) {
        self.pointer = pointer
    }

    init(der: [UInt8]) throws {
        let decoded = der.withUnsafeBufferPointer { DER.decode($0) { d2i_X509(nil, $0, $1) } }
        pointer = try require(decoded, "read a certificate")
    }

    deinit { X509_free(pointer) }

    func der() throws -> [UInt8] {
        try DER.encode { i2d_X509(pointer, $0) }
    }

    /// A distinguished name as RFC 4514 writes it; control characters are escaped.
    static func text(of name: OpaquePointer?) throws -> String {
        guard let name, X509_NAME_entry_count(name) > 0 else { return "" }
        let bytes = try MemoryBuffer.collect { X509_NAME_print_ex($0, name, 0, COpenSSL_name_flags()) }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func date(_ time: UnsafePointer<ASN1_TIME>?) throws -> Date {
        var parts = tm()
        try require(ASN1_TIME_to_tm(time, &parts), "read a certificate's validity")
        return Date(timeIntervalSince1970: TimeInterval(timegm(&parts)))
    }
}
