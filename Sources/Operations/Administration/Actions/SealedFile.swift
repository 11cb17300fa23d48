import Basics
import Foundation
import Ingest
import OpenSSL

/// The content of an uploaded file, encrypted on the disk under a key that only this process has. The file there has no
/// name, so that its space is given back when nobody reads it any more, however the process ends.
///
/// It is sealed in portions, each under a nonce that is the portion's number: a portion is opened for each read, and no
/// more than one is in memory, however long the file is.
final class SealedFile: InputSource {
    let name: String
    let byteCount: Int
    private let key: [UInt8]
    private let descriptor: OwnedDescriptor

    /// How many bytes of the content a portion has, but for the last.
    static let portion = 1 << 18
    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private init(name: String, byteCount: Int, key: [UInt8], descriptor: consuming OwnedDescriptor) {
        (self.name, self.byteCount, self.key) = (name, byteCount, key)
        self.descriptor = descriptor
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int {
        guard offset < byteCount, !buffer.isEmpty else { return 0 }
        let number = offset / Self.portion
        let begin = number * Self.portion
        let count = min(Self.portion, byteCount - begin)
        do {
            if offset == begin, buffer.count >= count {
                try open(number, into: UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(count)))
                return count
            }
            return try withUnsafeTemporaryAllocation(byteCount: count, alignment: 16) { portion in
                try open(number, into: portion)
                let wanted = UnsafeRawBufferPointer(rebasing: portion[(offset - begin)...].prefix(buffer.count))
                buffer.copyMemory(from: wanted)
                return wanted.count
            }
        } catch {
            throw InputError(file: name, rule: "cannot be read any more where it is kept; upload it again")
        }
    }

    private func open(_ number: Int, into plain: UnsafeMutableRawBufferPointer) throws {
        let count = plain.count + AES256GCM.tagByteCount
        let sealed = try descriptor.read(upTo: count, at: number * (Self.portion + AES256GCM.tagByteCount))
        var cipher = try AES256GCM(key: key)
        try sealed.withUnsafeBytes { sealed in
            try Self.nonce(number).withUnsafeBytes {
                try cipher.open(sealed, nonce: $0, additionalData: Self.nothing, into: plain)
            }
        }
    }

    /// Never the same twice under a key (NIST SP 800-38D §8.2): each file has a key of its own.
    private static func nonce(_ number: Int) -> [UInt8] {
        withUnsafeBytes(of: UInt64(number).bigEndian) { [0, 0, 0, 0] + $0 }
    }

    /// Nobody else can write to it, and what the disk lost or changed is not opened.
    func identity() throws(InputError) -> FileIdentity {
        FileIdentity(
            device: 0, inode: 0, byteCount: byteCount, modifiedAt: FileTime(nanoseconds: 0),
            changedAt: FileTime(nanoseconds: 0))
    }

    var isOpenForWriting: Bool { false }
}

extension SealedFile {
    /// Seals a file as it comes.
    struct Writer: ~Copyable {
        private let name: String
        private let folder: String
        private let key: [UInt8]
        private let descriptor: OwnedDescriptor
        private var cipher: AES256GCM
        private var pending: [UInt8] = []
        private var count = 0

        /// What must be left on the disk: it is the database's.
        private static let reserve = 256 << 20

        /// Makes an empty file.
        ///
        /// - Parameters:
        ///   - name: The file's name, as whoever uploads it says.
        ///   - folder: Where it lies, without a name.
        /// - Throws: `SystemFault` where the folder cannot be written to; `OpenSSLError`.
        init(name: String, in folder: String) throws {
            let key = try SecureRandom.bytes(AES256GCM.keyByteCount)
            let path = "\(folder)/.upload-\(Hexadecimal.encode(try SecureRandom.bytes(8)))"
            let descriptor = try OwnedDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
            unlink(path)
            let cipher = try AES256GCM(key: key)
            (self.name, self.folder, self.key) = (PlainText.line(name), folder, key)
            self.descriptor = descriptor
            self.cipher = cipher
        }

        /// Takes the next bytes.
        ///
        /// - Throws: `SystemFault`, with `ENOSPC` before the disk is full; `OpenSSLError`.
        mutating func append(_ bytes: ArraySlice<UInt8>) throws {
            var rest = bytes
            while !rest.isEmpty {
                let part = rest.prefix(SealedFile.portion - pending.count)
                pending += part
                rest = rest.dropFirst(part.count)
                if pending.count == SealedFile.portion { try seal() }
            }
        }

        /// The whole file.
        ///
        /// - Throws: As `append`.
        consuming func finish() throws -> SealedFile {
            let rest = pending.count
            if rest > 0 { try seal() }
            return SealedFile(name: name, byteCount: count, key: key, descriptor: descriptor)
        }

        private mutating func seal() throws {
            var information = statvfs()
            if statvfs(folder, &information) == 0,
                Int(information.f_bavail) * Int(information.f_frsize) < Self.reserve
            {
                throw SystemFault(ENOSPC)
            }
            let number = count / SealedFile.portion
            let nonce = SealedFile.nonce(number)
            let plain = pending
            let sealed = try [UInt8](unsafeUninitializedCapacity: plain.count + AES256GCM.tagByteCount) { out, filled in
                filled = plain.count + AES256GCM.tagByteCount
                let place = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(out).prefix(filled))
                try plain.withUnsafeBytes { plain in
                    try nonce.withUnsafeBytes {
                        try cipher.seal(plain, nonce: $0, additionalData: SealedFile.nothing, into: place)
                    }
                }
            }
            try descriptor.write(sealed, at: number * (SealedFile.portion + AES256GCM.tagByteCount))
            count += plain.count
            pending.removeAll(keepingCapacity: true)
        }
    }
}
