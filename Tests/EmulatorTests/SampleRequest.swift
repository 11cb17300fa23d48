/// Requests in the API's shape.
enum SampleRequest {
    /// A whole one, in the shape of OpenAPI 0.2.2.
    static func whole(email: String = "ada@example.com", account: String = "c0ffee") -> String {
        """
        {"user":{"account":{"hashedAccountId":"\(account)"},"email":"\(email)","name":"Ada Example",\
        "address":{"streetLine1":"1 High St","city":"Houston","state":"TX","postalCode":"77002","country":"US"}},\
        "device":{"ip":"192.0.2.7","userAgent":"Mozilla/5.0","timeZone":"600","language":"en-GB"}}
        """
    }

    /// One with the newer generation's screen fields.
    static let newer = """
        {"user":{"account":{"hashedAccountId":"c0ffee"},"email":"ada@example.com"},"device":{"ip":"192.0.2.7",\
        "userAgent":"Mozilla/5.0","screenWidth":1024,"screenHeight":820}}
        """

    /// One without a device.
    static let userOnly = #"{"user":{"account":{"hashedAccountId":"c0ffee"},"phone":{"number":"+4930901820"}}}"#
}
