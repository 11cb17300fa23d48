/// The methods Rollcall uses: `GET` for `doctor`, `POST` for calls.
public enum HTTPMethod: Sendable {
    /// A request without a body; nothing is billed for it.
    case get
    /// A request with a body.
    case post
}
