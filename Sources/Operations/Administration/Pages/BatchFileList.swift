import Basics
import Foundation
import RecordStore
import Results

/// The result files of a batch, as far as somebody may have them.
struct BatchFileList: Equatable {
    let files: [BatchPage.File]
    /// Why some are not handed out; nil: all are.
    let note: String?

    /// What holds counts only, so that everybody who may look may have it.
    static let harmless: Set<String> = ["summary.json", "report.html"]

    /// Decides. A pure rule.
    ///
    /// - Parameters:
    ///   - batch: The batch.
    ///   - summary: What its `summary.json` says; nil: there are no files of it as it is now.
    ///   - downloads: Whether the settings let others than these be had here.
    ///   - visitor: Who asks.
    init(_ batch: Batch, _ summary: BatchSummary?, downloads: Bool, for visitor: AdminVisitor) {
        guard let summary else {
            (files, note) = ([], nil)
            return
        }
        let mayHaveAll = downloads && visitor.isOperator
        files =
            Self.harmless.sorted().map { BatchPage.File(name: $0, link: Self.path(batch, $0), size: "") }
            + summary.files.filter { !Self.harmless.contains($0.name) }.map { file in
                let link = mayHaveAll ? Self.path(batch, file.name) : nil
                return BatchPage.File(name: file.name, link: link, size: NumberFormat.bytes(file.bytes))
            }
        note =
            mayHaveAll
            ? nil
            : downloads
                ? "files with what records hold are for operators"
                : "files with what records hold stay in the results' folder (admin.downloads: false)"
    }

    private static func path(_ batch: Batch, _ name: String) -> String {
        "\(batch.path)/files/\(PercentCoding.encoded(name))"
    }

    /// The path on the disk of a file of a batch that may be handed out; nil: there is no such file for this visitor.
    static func location(
        of name: String, in folder: String, _ summary: BatchSummary?, downloads: Bool, for visitor: AdminVisitor
    ) -> String? {
        if harmless.contains(name) { return "\(folder)/\(name)" }
        guard downloads, visitor.isOperator, summary?.files.contains(where: { $0.name == name }) ?? false else {
            return nil
        }
        return "\(folder)/\(name)"
    }

    /// What a browser is told that a file is.
    static func contentType(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "json": "application/json"
        case "csv": "text/csv; charset=utf-8"
        default: "application/octet-stream"
        }
    }
}
