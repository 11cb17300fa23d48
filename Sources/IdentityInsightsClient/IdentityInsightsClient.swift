import Basics
import HTTPTransport
import JOSE
package import JobRunner

/// The API's client: encrypts a request, sends it, decrypts the answer and states the facts of the call.
package struct IdentityInsightsClient: RecordSubmitter {
    private let transport: HTTPTransport
    private let encrypter: JWEEncrypter
    private let interpreter: ExchangeInterpreter
    private let missingIssuer: String?

    /// `POST {base}/openings` (openapi-0.2.2, `retrieveAccountOpeningInsights`).
    private static let path = "/openings"
    /// Without `Accept-Encoding` any coding of the answer would be acceptable (RFC 9110 §12.5.3).
    private static let headers = [
        ("Content-Type", "application/json"), ("Accept", "application/json"), ("Accept-Encoding", "identity"),
    ]

    /// Connects lazily to an endpoint with its credentials.
    ///
    /// - Throws: `EndpointError` where the base URL or proxy cannot be used.
    package init(endpoint: Endpoint, credentials: Credentials) throws(EndpointError) {
        do {
            transport = try HTTPTransport(HTTPTransportConfiguration(endpoint, credentials))
        } catch {
            throw EndpointError(message: (error as? HTTPTransportError)?.message ?? "\(error)")
        }
        encrypter = credentials.encrypter
        interpreter = ExchangeInterpreter(decrypter: credentials.decrypter)
        missingIssuer = credentials.missingIssuer
    }

    /// Sends the request once and states what came back; see `RecordSubmitter`.
    package func submit(_ request: [UInt8], notAfter latest: ContinuousClock.Instant? = nil) async -> Reply {
        // Nothing has left yet, and whatever failed lies in the key, which doctor examines.
        guard let token = try? encrypter.encrypt(request) else {
            return Reply(
                .failed(kind: .other, mayHaveLeft: false),
                errorText: "The request could not be encrypted; check api.encryption_key with \(Hint.doctor).")
        }
        let exchange = await transport.send(
            HTTPRequest(
                method: .post, path: Self.path, headers: Self.headers, body: JWEEnvelope.wrapping(token),
                latestStart: latest))
        return interpreter.reply(for: exchange, to: request)
    }

    /// Tries today's decryption key on a kept answer that could not be deciphered when it came.
    ///
    /// - Parameters:
    ///   - kept: The bytes as they came.
    ///   - requireEncryptedAnswers: Whether an answer that was not encrypted stays refused.
    /// - Returns: The answer, or nil where it still cannot be read.
    package func redeciphered(_ kept: [UInt8], requireEncryptedAnswers: Bool) -> RedecipheredAnswer? {
        interpreter.redeciphered(kept, requireEncryptedAnswers: requireEncryptedAnswers)
    }

    /// Sends a GET for the resource, which the API does not bill: TLS 1.3 refuses a certificate only after the
    /// handshake, so a handshake alone proves nothing.
    package func probe() async -> EndpointProbe {
        EndpointProbe(
            await transport.send(HTTPRequest(method: .get, path: Self.path, headers: [("Accept", "application/json")])),
            missingIssuer: missingIssuer)
    }

    /// Closes all connections; calls under way end as cancelled.
    package func shutDown() async {
        await transport.shutDown()
    }
}

extension HTTPTransportConfiguration {
    init(_ endpoint: Endpoint, _ credentials: Credentials) {
        self.init(baseURL: endpoint.baseURL)
        identity = credentials.identity
        caPEM = credentials.authorities
        proxy = endpoint.proxy
        requestTimeout = endpoint.requestTimeout
        connectTimeout = endpoint.connectTimeout
        maximumConnections = endpoint.concurrency
    }
}

/// How to reach one endpoint: base URL, time limits and proxy.
package struct Endpoint: Sendable {
    /// The base URL without a trailing slash, `https` only.
    package var baseURL: String
    /// Longest time for one call.
    package var requestTimeout: Duration
    /// Longest time to establish a connection.
    package var connectTimeout: Duration
    /// The proxy's URL, which may hold a password; nil for none, regardless of the environment.
    package var proxy: String?
    /// Connections, and so calls under way at once.
    package var concurrency: Int

    /// Describes an endpoint.
    package init(
        baseURL: String, requestTimeout: Duration = .seconds(30), connectTimeout: Duration = .seconds(5),
        proxy: String? = nil, concurrency: Int = 32
    ) {
        self.baseURL = baseURL
        self.requestTimeout = requestTimeout
        self.connectTimeout = connectTimeout
        self.proxy = proxy
        self.concurrency = concurrency
    }
}

/// An endpoint that cannot be used as it is described.
package struct EndpointError: Error, Sendable, CustomStringConvertible {
    /// One sentence that says what is wrong and what to do.
    package let message: String

    package var description: String { message }
}
