import Foundation
import Testing

@testable import Basics

@Suite("An owned descriptor")
struct OwnedDescriptorTests {
    /// A file name in a folder of its own, which is removed afterwards.
    private func withFile(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rollcall-descriptor-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        try body(folder.appending(path: "file").path)
    }

    @Test func isClosedWithItsOwnerAndNotInheritedBefore() throws {
        try withFile { path in
            let number: Int32
            do {
                let file = try OwnedDescriptor(opening: path, O_CREAT | O_RDWR)
                number = file.number
                #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
                let mode = try file.facts().st_mode
                #expect(mode & 0o777 == 0o600)
                file.close()
            }
            // Other tests open files meanwhile and may have been given the number.
            #expect(Self.file(of: number) != path)
        }
    }

    /// Nil where the number is nobody's.
    private static func file(of number: Int32) -> String? {
        // Without such a link there is no such descriptor.
        try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
    }

    @Test func whatIsWrittenIsReadFromAnyOffset() throws {
        try withFile { path in
            let file = try OwnedDescriptor(opening: path, O_CREAT | O_EXCL | O_RDWR)
            try file.write(Array("hello".utf8), at: 3)
            try file.write("abc".utf8)
            let (all, inside, behind) = (
                try file.read(upTo: 100), try file.read(upTo: 2, at: 5), try file.read(upTo: 2, at: 8)
            )
            #expect(all == Array("abchello".utf8))
            #expect(inside == Array("ll".utf8))
            #expect(behind.isEmpty)
            try file.truncate(to: 4)
            try file.synchronize()
            try file.synchronizeContent()
            let size = try file.facts().st_size
            #expect(size == 4)
            #expect(throws: SystemFault(EEXIST)) {
                try OwnedDescriptor(opening: path, O_CREAT | O_EXCL | O_RDWR).close()
            }
        }
    }

    @Test func aPipeIsReadToItsEnd() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0)
        let reading = try OwnedDescriptor(takingOwnershipOf: ends[0])
        let writing = try OwnedDescriptor(takingOwnershipOf: ends[1])
        try writing.write([1, 2, 3])
        writing.close()
        var counts: [Int] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 1)
        defer { buffer.deallocate() }
        for _ in 0..<2 { counts.append(try reading.readNext(into: buffer)) }
        #expect(counts == [3, 0])
    }

    @Test func ofWhatASystemCallRefusedThereIsNoOwner() {
        #expect(throws: SystemFault(ENOENT)) {
            try OwnedDescriptor(takingOwnershipOf: open("/nowhere/at/all", O_RDONLY)).close()
        }
    }

    @Test func aNameInAFolderIsFoundWhereverTheFolderIsMoved() throws {
        try withFile { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let folder = try OwnedDescriptor(opening: path, O_RDONLY | O_DIRECTORY)
            try #require(rename(path, path + "-moved") == 0)
            try OwnedDescriptor(opening: "inside", in: folder, O_CREAT | O_EXCL | O_WRONLY).write([7])
            #expect(try Data(contentsOf: URL(filePath: path + "-moved/inside")) == Data([7]))
        }
    }

    @Test func aLockIsSharedOrNot() throws {
        try withFile { path in
            let one = try OwnedDescriptor(opening: path, O_CREAT | O_RDWR)
            let other = try OwnedDescriptor(opening: path, O_RDWR)
            try one.lock(.shared)
            let (whileShared, shared) = (other.lockIfFree(.exclusive), other.lockIfFree(.shared))
            one.close()
            let alone = other.lockIfFree(.exclusive)
            #expect(!whileShared && shared && alone)
        }
    }
}
