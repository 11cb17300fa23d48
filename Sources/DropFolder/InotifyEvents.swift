import Foundation

/// Reads what the kernel writes: `struct inotify_event`, each followed by its name (`man 7 inotify`).
enum InotifyEvents {
    private static let headerSize = MemoryLayout<inotify_event>.size

    /// Whether any of these events can mean a file to take in, or to tell of. Those about our own texts cannot; an
    /// overflow, and the end of the folder, can.
    static func haveWork(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + headerSize <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
            let end = min(offset + headerSize + Int(event.len), bytes.count)
            let name = bytes[(offset + headerSize)..<end].prefix { $0 != 0 }
            // An event without a name is about the folder itself or the queue.
            if name.isEmpty || InboxName(String(decoding: name, as: UTF8.self)) != .own { return true }
            offset = end
        }
        return false
    }
}
