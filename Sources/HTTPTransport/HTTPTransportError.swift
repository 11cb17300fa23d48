/// Why a transport could not be made from its configuration.
public struct HTTPTransportError: Error, Sendable, CustomStringConvertible {
    /// What is at fault.
    public enum Code: Sendable {
        /// The base URL is no `https` URL of the form needed.
        case baseURL
        /// The proxy is no URL of the form needed.
        case proxy
        /// libcurl or the system refused.
        case system
    }

    /// What is at fault.
    public let code: Code
    /// One sentence that says what is wrong and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The loop cannot go on; `detail` says what failed.
    static func broken(_ detail: String) -> HTTPTransportError {
        HTTPTransportError(
            .system,
            "The transport has broken down (\(detail)): start the run again, and see whether memory or file descriptors "
                + "ran out.")
    }

    /// The message.
    public var description: String { message }
}
