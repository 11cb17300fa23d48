/// What a batch is made from.
public struct NewBatch: Sendable {
    /// The job's name.
    public var job: String
    /// The file's last path component.
    public var fileName: String
    /// SHA-256 of the file's whole content, 32 bytes.
    public var contentDigest: [UInt8]
    /// `csv` or `jsonl`.
    public var format: String
    /// All that is needed to rebuild a request from a raw row; kept sealed.
    public var layout: [UInt8]
    /// Who takes it in, with what.
    public var provenance: Provenance
    /// Whether answers of earlier batches may serve (false: `--no-reuse`).
    public var reuses: Bool
    /// When it is taken in, in milliseconds since 1970 UTC; nil: now.
    public var createdAt: Int64?
    /// Whether it is taken in although its very content was before, under the same job (`--again`).
    public var again: Bool

    /// Describes a batch to be made.
    public init(
        job: String, fileName: String, contentDigest: [UInt8], format: String, layout: [UInt8], provenance: Provenance,
        reuses: Bool = true, createdAt: Int64? = nil, again: Bool = false
    ) {
        self.job = job
        self.fileName = fileName
        self.contentDigest = contentDigest
        self.format = format
        self.layout = layout
        self.provenance = provenance
        self.reuses = reuses
        self.createdAt = createdAt
        self.again = again
    }
}

extension NewBatch {
    private static let longestStem = 80

    /// A name for people and folders: the file's stem, in letters, digits, `.`, `_` and `-`, and the batch's number.
    func name(for id: Int64) -> String {
        let stem = fileName.lastIndex(of: ".").map { fileName[..<$0] } ?? fileName[...]
        let kept = stem.unicodeScalars.prefix(Self.longestStem).map { scalar -> Character in
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || scalar == "_" || scalar == "." ? Character(scalar) : "-"
        }
        let trimmed = String(kept).drop { $0 == "." || $0 == "-" }
        return (trimmed.isEmpty ? "batch" : String(trimmed)) + "-\(id)"
    }
}
