/// Where a batch's result files are.
public struct ResultPaths: Sendable, Equatable {
    /// The batch's folder.
    public let folder: String
    /// `results.csv`.
    public let csv: String
    /// `results.jsonl`.
    public let jsonl: String
    /// `failed.csv` or `failed.jsonl`; nil where no line failed, except by a person's word, or was invalid.
    public let failed: String?
    /// `in_doubt.csv` or `in_doubt.jsonl`; nil where none is in doubt, or was until a person's word.
    public let inDoubt: String?
    /// `cancelled.csv` or `cancelled.jsonl`; nil where no line was given up before its call.
    public let cancelled: String?
    /// `summary.json`.
    public let summary: String
    /// `report.html`.
    public let report: String
}
