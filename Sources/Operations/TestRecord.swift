/// The one record `doctor --one-call` sends: the example of the API's own document (openapi-0.2.2).
enum TestRecord {
    static let request = Array(
        """
        {"user":{"account":{"hashedAccountId":"3b5ed8ad6a408f42015254dd4b116080289038d41c311332e3c00be60f884370"},\
        "email":"john.smith@mastercard.com","name":"John Smith","phone":{"countryHint":"US","number":"7785732875"}}}
        """.utf8)
}
