/// Something other than the ordinary answer, with the name it has in the log of calls.
struct Fault: Sendable, Equatable {
    /// What is done with the call.
    enum Action: Sendable, Equatable {
        /// The API's error body.
        case error(ErrorAnswer)
        /// The API's error body with this status, and the record's own values in every text of it.
        case echo(Int)
        /// A gateway's or proxy's HTML page with this status.
        case page(Int)
        /// 302 to another address.
        case redirect
        /// The connection is reset (RST) without an answer.
        case reset
        /// The connection is closed cleanly, without an answer.
        case close
        /// No answer until the client gives up or the emulator stops.
        case hang
        /// Half a response head, then a clean close.
        case cutHead
        /// A response head and half the body, then a clean close.
        case cutBody
        /// 200 with a body that is not JSON.
        case garbage
        /// 200 with 64 MiB.
        case big
        /// The insights, but with this status and sealed in another way.
        case insights(status: Int, seal: AnswerSeal)
        /// The insights in another shape than the API's.
        case misshapen(AnswerShape)
        /// The insights under another identifier than the response's.
        case mismatched
        /// The answer to the first call that was answered so.
        case replayed
        /// The ordinary answer in gzip, where the request does not forbid that.
        case coded
        /// 200 without a body.
        case empty
        /// The ordinary answer, late.
        case slow
    }

    let name: String
    let action: Action

    /// The status the call is answered with; 0 for none.
    var status: Int {
        switch action {
        case .error(let answer): answer.status
        case .page(let status), .echo(let status), .insights(let status, _): status
        case .redirect: 302
        case .reset, .close, .hang, .cutHead: 0
        case .cutBody, .garbage, .big, .misshapen, .mismatched, .replayed, .coded, .empty, .slow: 200
        }
    }
}

/// Decides by chance, from the seed alone, what goes wrong with a call: a pure value.
struct FaultPlan: Sendable {
    let mix: FaultMix
    let seed: UInt64

    /// The fault of a record's k-th call; the same for the same seed, record and k.
    func fault(for key: RequestKey, attempt: Int) -> Fault? {
        var chance = RecordRandom(seed: seed, key: key, attempt: attempt)
        let draw = chance.fraction()
        var reached = 0.0
        for (share, fault) in shares {
            reached += share
            if draw < reached { return fault }
        }
        return nil
    }

    /// Whether the n-th request to arrive is reset before it is read.
    func resetsBeforeReading(arrival: Int) -> Bool {
        guard mix.resetBeforeReading > 0 else { return false }
        var chance = RecordRandom(seed: seed &+ UInt64(truncatingIfNeeded: arrival) &* 0x2545_F491_4F6C_DD1D)
        return chance.fraction() < mix.resetBeforeReading
    }

    /// What is added to the latency of a record's k-th call, as a share of the jitter.
    func jitter(for key: RequestKey, attempt: Int) -> Double {
        var chance = RecordRandom(seed: ~seed, key: key, attempt: attempt)
        return chance.fraction()
    }

    private var shares: [(Double, Fault)] {
        [
            (mix.tooManyRequests, Fault(name: "mix-429", action: .error(.status(429, retryAfter: 1)))),
            (mix.unavailable, Fault(name: "mix-503", action: .error(.status(503)))),
            (mix.unavailableForASecond, Fault(name: "mix-503a", action: .error(.status(503, retryAfter: 1)))),
            (mix.internalError, Fault(name: "mix-500", action: .error(.status(500)))),
            (mix.resetAfterReading, Fault(name: "mix-reset", action: .reset)),
            (mix.slow, Fault(name: "mix-slow", action: .slow)),
        ]
    }
}

/// The share of calls that go wrong, by kind; each a fraction from 0 to 1, together at most 1.
package struct FaultMix: Sendable, Equatable {
    /// 429 with `Retry-After: 1`.
    package var tooManyRequests = 0.0
    /// 503 without `Retry-After`.
    package var unavailable = 0.0
    /// 503 with `Retry-After: 1`.
    package var unavailableForASecond = 0.0
    /// 500 with the API's error body.
    package var internalError = 0.0
    /// The connection is reset before the request was read. Such calls are not in the log; which record is struck
    /// depends on the order of arrival, because the request is unread.
    package var resetBeforeReading = 0.0
    /// The request is read, then the connection is reset without an answer.
    package var resetAfterReading = 0.0
    /// An ordinary answer, late by ``slowness``.
    package var slow = 0.0
    /// How late a slow answer is.
    package var slowness: Duration = .seconds(2)

    /// Makes a mix in which nothing goes wrong.
    package init() {}

    /// Reads a mix such as `429=0.5%,503=0.01,reset=0.5%`.
    ///
    /// - Parameter text: pairs of kind and fraction (or percentage), separated by commas; the kinds are those
    ///   of ``kinds``.
    /// - Throws: ``EmulatorError`` naming the kind that is unknown, the share that is no fraction, or a sum above 1.
    package init(parsing text: String) throws(EmulatorError) {
        for pair in text.split(separator: ",") {
            let parts = pair.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            guard let kind = Self.kinds.first(where: { $0.name == parts.first ?? "" }) else {
                throw .unknownFault(names: Self.kinds.map(\.name))
            }
            guard parts.count == 2, let share = Self.share(parts[1]) else { throw .noFraction(kind: kind.name) }
            self[keyPath: kind.share] = share
        }
        guard total <= 1 else { throw .faultsAboveOne }
    }

    /// The kinds of the mix in the order in which they are drawn, with the names used in ``init(parsing:)``.
    static var kinds: [(name: String, share: WritableKeyPath<FaultMix, Double>)] {
        [
            ("429", \.tooManyRequests), ("503", \.unavailable), ("503a", \.unavailableForASecond),
            ("500", \.internalError), ("reset", \.resetAfterReading), ("slow", \.slow),
            ("reset-before", \.resetBeforeReading),
        ]
    }

    private var total: Double {
        Self.kinds.reduce(0) { $0 + self[keyPath: $1.share] }
    }

    private static func share(_ text: String) -> Double? {
        let percent = text.hasSuffix("%")
        guard let number = Double(percent ? String(text.dropLast()) : text) else { return nil }
        let share = percent ? number / 100 : number
        return (0...1).contains(share) ? share : nil
    }
}

/// How the text of the insights differs from the JSON that the API documents, before it is encrypted.
enum AnswerShape: String, Sendable, CaseIterable {
    /// A string with one half of a surrogate pair.
    case lone
    /// A member twice.
    case dup
    /// A number that is not a number.
    case nan
    /// A byte order mark before it.
    case bom
    /// An array in an array, a hundred times.
    case deep
    /// JSON in which no insights can be found.
    case unknown
    /// Not JSON at all.
    case nojson
    /// The API's error body, under status 200.
    case errors

    /// The description in `--help`.
    var meaning: String {
        switch self {
        case .lone: "200, a string holds a lone surrogate"
        case .dup: "200, a member is there twice"
        case .nan: "200, a number is NaN"
        case .bom: "200, a byte order mark before the JSON"
        case .deep: "200, nested 100 deep"
        case .unknown: "200, of a shape that nobody knows"
        case .nojson: "200, encrypted text that is no JSON"
        case .errors: "200, an encrypted error body"
        }
    }

    /// The text in this shape.
    ///
    /// - Parameters:
    ///   - insights: an object, as the API writes it.
    ///   - requestRefID: its identifier.
    /// - Returns: the text to be encrypted.
    func text(of insights: [UInt8], requestRefID: String) -> [UInt8] {
        switch self {
        case .lone: Self.adding(#""note":"\ud83d""#, to: insights)
        case .dup: Self.adding(#""requestRefId":"\#(requestRefID)""#, to: insights)
        case .nan: Self.adding(#""score":NaN"#, to: insights)
        case .bom: [0xEF, 0xBB, 0xBF] + insights
        case .deep:
            Self.adding(
                "\"deep\":" + String(repeating: "[", count: 100) + String(repeating: "]", count: 100), to: insights)
        case .unknown: Array(#"{"requestRefId":"\#(requestRefID)","result":{"grade":"A"}}"#.utf8)
        case .nojson: Array("OK, \(requestRefID)".utf8)
        case .errors: ErrorAnswer.status(500).body
        }
    }

    private static func adding(_ member: String, to object: [UInt8]) -> [UInt8] {
        object.dropLast() + Array(",\(member)}".utf8)
    }
}

/// The gzip format (RFC 1952) around blocks that are stored and not compressed (RFC 1951 §3.2.4): a client that reads
/// gzip can read it, and to any other it is unreadable.
enum Gzip {
    /// The bytes as a gzip file of one member.
    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        // Magic number, deflate, no flags, no time, no extra flags, unknown system.
        var coded: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(Int(UInt16.max))
            rest = rest.dropFirst(block.count)
            coded.append(rest.isEmpty ? 1 : 0)
            append(UInt32(block.count), 2, to: &coded)
            append(~UInt32(block.count), 2, to: &coded)
            coded += block
        } while !rest.isEmpty
        append(checksum(of: bytes), 4, to: &coded)
        append(UInt32(truncatingIfNeeded: bytes.count), 4, to: &coded)
        return coded
    }

    /// CRC-32 (RFC 1952 §8).
    private static func checksum(of bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }

    /// The low bytes of a number, the lowest first.
    private static func append(_ number: UInt32, _ count: Int, to bytes: inout [UInt8]) {
        for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(8 * index))) }
    }
}
