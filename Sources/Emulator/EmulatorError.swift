package import Basics

/// Why the emulator cannot start or continue, and what to do about it.
package typealias EmulatorError = CodedError<EmulatorErrorCode>

/// What kind of trouble the emulator has.
package enum EmulatorErrorCode: Sendable, Equatable {
    /// An option has a value that cannot be used.
    case usage
    /// A file or folder of the emulator cannot be used.
    case files
    /// The log of calls cannot be written.
    case log
    /// The address cannot be listened on.
    case address
    /// The emulator stopped before it listened.
    case stopped
}

extension EmulatorError {
    static func unknownFault(names: [String]) -> Self {
        Self(.usage, "a fault of the mix is unknown; use \(names.joined(separator: ", "))")
    }

    static func noFraction(kind: String) -> Self {
        Self(.usage, "the share of fault \(kind) is no fraction; write \(kind)=0.01 or \(kind)=1%")
    }

    static var faultsAboveOne: Self {
        Self(.usage, "the shares of the faults sum to more than 1; make them smaller")
    }

    static var noAddress: Self {
        Self(.usage, "the address to listen on is no host:port; write for instance 127.0.0.1:8443")
    }

    static func cannotListen(on address: String, _ reason: String) -> Self {
        Self(
            .address, "\(address) cannot be listened on (\(reason)); stop what uses it or choose another")
    }

    static func incompleteKeys(missing: String) -> Self {
        Self(
            .files, "\(missing) is missing beside the other keys; put it back, or remove the folder pki for new keys")
    }

    static var noKeys: Self {
        Self(.files, "the emulator needs one set of keys at least; give it some")
    }

    static func file(_ name: String, _ reason: String) -> Self {
        Self(.files, "\(name): \(reason)")
    }

    static func log(_ reason: String) -> Self {
        Self(
            .log, "the log of calls cannot be written (\(reason)); free space or choose another path")
    }

    static var stoppedBeforeListening: Self {
        Self(.stopped, "the emulator stopped before it listened; see the error of run()")
    }
}
