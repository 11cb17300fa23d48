import Foundation

/// The sample of synthetic records: in the repository, or beside the program where the package has put it.
enum SampleFile {
    /// Its path in the repository's folder.
    static let inRepository = "jobs/samples/accounts.csv"

    /// Where it is; the path in the repository where it is in neither place.
    ///
    /// - Parameters:
    ///   - program: The program's own path: `/usr/bin/rollcall` has it in `/usr/share/rollcall/samples`.
    ///   - isReadable: Whether a file can be read.
    /// - Returns: A path that can be read, if there is one.
    static func path(
        program: String? = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"),
        isReadable: (String) -> Bool = FileManager.default.isReadableFile
    ) -> String {
        // Where /proc cannot be read there is still the repository.
        let packaged = program.map {
            URL(filePath: $0).deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "share/rollcall/samples/accounts.csv").path
        }
        return [inRepository, packaged].compactMap(\.self).first(where: isReadable) ?? inRepository
    }
}
