import Foundation
import JOSE
import OpenSSL
import Testing

@Suite("Tokens of Mastercard's own libraries", .enabled(if: MastercardVector.isPresent))
struct MastercardVectorTests {
    @Test("The folder holds vectors")
    func present() {
        #expect(!MastercardVector.all.isEmpty)
    }

    @Test("Good ones open, bad ones are refused", arguments: MastercardVector.all)
    func vector(vector: MastercardVector) throws {
        let file = MastercardVector.folder.appending(path: vector.privateKeyFile)
        let key = try PrivateKey.load(Array(Data(contentsOf: file)), password: nil, name: "vector")
        let decrypter = JWEDecrypter(privateKey: key)
        switch vector.kind {
        case "positive":
            let opened = try decrypter.decrypt(Array(vector.jwe.utf8))
            #expect(String(decoding: opened, as: UTF8.self) == vector.expectedPlaintext)
        case "negative":
            #expect(throws: JWEError.self) { try decrypter.decrypt(Array(vector.jwe.utf8)) }
        case "either":
            // Refused or opened, but never opened to something else.
            if let opened = try? decrypter.decrypt(Array(vector.jwe.utf8)) {
                #expect(String(decoding: opened, as: UTF8.self) == vector.expectedPlaintext)
            }
        default:
            Issue.record("unknown kind")
        }
    }
}
