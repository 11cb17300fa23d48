import Testing

@testable import Ingest

struct NearestNameTests {
    @Test(arguments: [
        ("emial", "email"), ("Email", "email"), ("E-Mail", "email"), ("phone number", "phone_number"),
        ("PhoneNumber", "phone_number"), ("postcode", "postal_code"), ("streetline1", "street_line1"),
    ])
    func findsTheNameThatWasMeant(written: String, meant: String) {
        #expect(NearestName.of(written, among: KnownColumns.names) == meant)
    }

    @Test(arguments: ["shoe size", "x", "birthday"])
    func suggestsNothingWhereNothingIsNear(name: String) {
        #expect(NearestName.of(name, among: KnownColumns.names) == nil)
    }
}
