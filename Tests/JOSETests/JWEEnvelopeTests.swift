import JOSE
import Testing

@Suite("A token's envelope")
struct JWEEnvelopeTests {
    @Test("A token is wrapped as the API wants it, and taken out again")
    func wrapping() {
        let envelope = JWEEnvelope.wrapping(Array("a.b.c.d.e".utf8))
        #expect(String(decoding: envelope, as: UTF8.self) == #"{"encryptedData":"a.b.c.d.e"}"#)
        #expect(JWEEnvelope.token(in: envelope) == Array("a.b.c.d.e".utf8))
    }

    @Test(
        "What is no envelope gives no token",
        arguments: [
            "", "a.b.c.d.e", "[]", "{}", #"{"encryptedData":7}"#, #"{"encryptedData":null}"#, #"{"encryptedData":"a""#,
            #"{"encryptedData":"a","encryptedData":"b"}"#, #"["encryptedData"]"#,
        ])
    func notAnEnvelope(text: String) {
        #expect(JWEEnvelope.token(in: Array(text.utf8)) == nil)
    }

    @Test(
        "A person may hand over token or envelope, with white space around it",
        arguments: ["t", " t\n", #"{"encryptedData":"t"}"#, "\r\n\t{ \"encryptedData\" : \"t\", \"x\": 1 }\n"])
    func tokenOrEnvelope(text: String) {
        #expect(JWEEnvelope.tokenOrEnvelope(Array(text.utf8)) == Array("t".utf8))
    }

    @Test("Nothing but white space is an empty token")
    func nothing() {
        #expect(JWEEnvelope.tokenOrEnvelope(Array(" \n".utf8)).isEmpty)
        #expect(JWEEnvelope.tokenOrEnvelope([]).isEmpty)
    }
}
