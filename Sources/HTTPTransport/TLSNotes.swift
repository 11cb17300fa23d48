import CCurl

/// What OpenSSL tells about one TLS connection while libcurl drives it.
///
/// libcurl reports a peer's alert only as text, and not in every phase; OpenSSL's info callback has its number
/// (man 3 SSL_CTX_set_info_callback). libcurl 7.88 makes one `SSL_CTX` per connection, which holds these notes.
final class TLSNotes {
    /// The last alert received other than close_notify, nil if none.
    private(set) var alert: Int?
    /// Whether the peer said that it would send no more.
    private(set) var isCloseNotified = false

    /// Where an `SSL_CTX` keeps its notes; released with it.
    static let index = rollcall_ssl_ctx_new_index { _, notes, _, _, _, _ in
        guard let notes else { return }
        Unmanaged<TLSNotes>.fromOpaque(notes).release()
    }

    /// Lets `context` tell these notes about the alerts its connection receives.
    func observe(_ context: OpaquePointer) {
        let notes = Unmanaged.passRetained(self)
        guard SSL_CTX_set_ex_data(context, Self.index, notes.toOpaque()) == 1 else { return notes.release() }
        SSL_CTX_set_info_callback(context) { ssl, event, value in
            guard event & SSL_CB_ALERT != 0, event & SSL_CB_READ != 0 else { return }
            TLSNotes.of(ssl)?.noteAlert(value)
        }
    }

    private static func of(_ ssl: OpaquePointer?) -> TLSNotes? {
        guard let context = SSL_get_SSL_CTX(ssl), let notes = SSL_CTX_get_ex_data(context, index) else { return nil }
        return Unmanaged<TLSNotes>.fromOpaque(notes).takeUnretainedValue()
    }

    /// The value is level times 256 plus description, which is 0 for close_notify.
    private func noteAlert(_ value: Int32) {
        let description = Int(value & 0xFF)
        if description == 0 { isCloseNotified = true } else { alert = description }
    }
}
