import Basics
import CPlatform
import Foundation

/// Owner of a file descriptor opened for reading. All reads name their offset, so it can be shared.
final class OpenFile: ByteSource {
    /// The file's name, without its folder.
    let name: String
    private let descriptor: Int32

    /// Opens a regular file.
    ///
    /// - Parameter path: path of the file; `-` is refused, a file is known by its whole content.
    /// - Throws: `InputError` for anything that is not a readable regular file.
    init(path: String) throws(InputError) {
        name = FileName.shown(URL(fileURLWithPath: path).lastPathComponent)
        guard path != "-" else {
            throw InputError(
                file: "standard input", rule: "cannot be read twice; save it as a file and name that file")
        }
        // O_NONBLOCK keeps the opening of a pipe from waiting for its writer; regular files ignore it.
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.refusal(opening: name, code: errno) }
        try requireRegular()
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The sentence for a failed `open(2)`.
    static func refusal(opening name: String, code: Int32) -> InputError {
        switch code {
        case ENOENT where FileName.isDamaged(name):
            InputError(file: name, rule: "cannot be found: its name is not UTF-8; rename the file")
        case ENOENT: InputError(file: name, rule: "does not exist; check the path")
        case EACCES, EPERM: InputError(file: name, rule: "cannot be read: no permission; ask for read access")
        case ENOTDIR: InputError(file: name, rule: "lies below something that is not a directory; check the path")
        default: InputError(file: name, rule: "cannot be opened: \(String(cString: strerror(code)))")
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(InputError) -> Int {
        while true {
            let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
            if count >= 0 { return count }
            if errno != EINTR { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
        }
    }

    /// Who the file is now.
    ///
    /// - Returns: device, inode, size, and the times of the last write and the last change.
    /// - Throws: `InputError` when the system does not tell.
    func identity() throws(InputError) -> FileIdentity {
        FileIdentity(try facts())
    }

    /// Whether a program on this machine has the file open for writing, as far as the system tells.
    var isOpenForWriting: Bool { rollcall_try_reading_lease(descriptor) != 0 && errno == EAGAIN }

    private func requireRegular() throws(InputError) {
        switch try facts().st_mode & S_IFMT {
        case S_IFREG: return
        case S_IFDIR: throw failure("is a directory; name a file")
        default: throw failure("is not a regular file; save the records as a file and name that")
        }
    }

    private func facts() throws(InputError) -> stat {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else {
            throw failure("cannot be examined: \(String(cString: strerror(errno)))")
        }
        return facts
    }

    private func failure(_ rule: String) -> InputError {
        InputError(file: name, rule: rule)
    }
}
