import Testing

/// One way a key can be written, by a name that a failing test can show.
struct KeyForm: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    init(_ name: String, pem: String) {
        self.init(name, Fixture.bytes(pem))
    }

    init(_ name: String, der pem: String) throws {
        self.init(name, try Fixture.der(pem))
    }

    init(_ name: String, base64 text: String) throws {
        self.init(name, try Fixture.base64(text))
    }
}
