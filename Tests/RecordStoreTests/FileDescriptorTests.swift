import Foundation
import Testing

@testable import RecordStore

@Suite struct FileDescriptorTests {
    @Test func whatCannotBeReadIsNotTakenForEmpty() throws {
        let folder = try StoreFolder()
        // A folder can be opened but not read (EISDIR, `man 2 read`).
        let file = try FileDescriptor(folder.path, O_RDONLY | O_DIRECTORY)
        do {
            _ = try file.read(upTo: 8)
            Issue.record("a folder was read")
        } catch let error as StoreError {
            #expect(error.code == .damaged)
        }
    }

    @Test func aNewFileIsEmpty() throws {
        let folder = try StoreFolder()
        let file = try PrivateFile.create(folder.path + "/new")
        let bytes = try file.read(upTo: 8)
        #expect(bytes.isEmpty)
    }
}
