import CPlatform
import Foundation

/// Owner of an event that is given once and can be polled for.
final class EventDescriptor: Sendable {
    let number: Int32

    /// - Throws: ``InotifyFault`` when the process has no descriptor left.
    init() throws(InotifyFault) {
        number = rollcall_event_descriptor()
        guard number >= 0 else { throw InotifyFault(making: errno) }
    }

    deinit { if number >= 0 { close(number) } }

    /// Makes it readable, for ever. It cannot fail: the counter is far from full.
    func give() { _ = rollcall_give_event(number) }
}
