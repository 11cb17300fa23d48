import IdentityInsights
import Testing

struct AddressTests {
    @Test("every shortening of an IPv6 address is an address, and none with a group too many")
    func compressions() throws {
        let field = try #require(RequestField.named("device.ip"))
        for start in 0..<8 {
            for length in 1...(8 - start) {
                let before = Array(repeating: "a", count: start).joined(separator: ":")
                let behind = Array(repeating: "b", count: 8 - start - length).joined(separator: ":")
                let address = "\(before)::\(behind)"
                #expect(Array(address.utf8).withUnsafeBytes(field.violation) == nil)
                let tooLong =
                    "\(address)\(behind.isEmpty ? "" : ":")" + Array(repeating: "c", count: 8).joined(separator: ":")
                #expect(Array(tooLong.utf8).withUnsafeBytes(field.violation) != nil)
            }
        }
    }

    @Test("each octet is 0 to 255")
    func octets() throws {
        let field = try #require(RequestField.named("device.ip"))
        for value in 0...300 {
            let address = "1.\(value).3.4"
            #expect((Array(address.utf8).withUnsafeBytes(field.violation) == nil) == (value <= 255))
        }
    }
}
