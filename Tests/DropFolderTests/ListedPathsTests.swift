import Basics
import Foundation
import TestSupport
import Testing

@testable import DropFolder

/// What a look at the paths of a pattern finds.
struct ListedPathsTests {
    private func setTime(_ path: String, _ seconds: Double) throws {
        let time = Date(timeIntervalSince1970: seconds)
        try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: path)
    }

    @Test
    func filesAreListedAndTheRestIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("a", named: "a.csv")
        let upload = try folder.write("a", named: "b.csv.filepart")
        let link = folder.path + "/link.csv"
        symlink(file, link)
        mkdir(folder.path + "/c.csv", 0o700)
        let marker = try folder.write("", named: "a.csv.done")
        let paths = [file, upload, link, folder.path + "/c.csv", marker, folder.path + "/gone.csv"]
        let listing = FolderListing(paths: paths, readsMarkers: false)
        #expect(listing.files.map(\.name) == [file])
        #expect(listing.files.map(\.hasMarker) == [false])
        #expect(
            listing.skippedFiles == [
                SkippedFile(upload, .unfinished(sign: ".filepart")), SkippedFile(link, .link),
                SkippedFile(folder.path + "/c.csv", .folder),
            ])
    }

    private func changedAt(_ path: String) throws -> FileTime { try #require(try FolderCalls().file(path)).changedAt }

    @Test
    func aMarkerOlderThanItsFileSpeaksForAnEarlierOne() throws {
        let folder = try TemporaryFolder()
        let marker = try folder.write("", named: "a.csv.done")
        let file = try folder.write("a", named: "a.csv")
        // A writer that keeps the time of its source seems to have written before the marker was made.
        repeat { try setTime(file, 1_600_000_000) } while try changedAt(file) == changedAt(marker)
        #expect(FolderListing(paths: [file], readsMarkers: true).files.map(\.hasMarker) == [false])
        try FileManager.default.removeItem(atPath: marker)
        _ = try folder.write("", named: "a.csv.done")
        #expect(FolderListing(paths: [file], readsMarkers: true).files.map(\.hasMarker) == [true])
        try setTime(marker, 1_500_000_000)
        #expect(FolderListing(paths: [file], readsMarkers: true).files.map(\.hasMarker) == [false])
    }
}
