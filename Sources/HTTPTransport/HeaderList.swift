import CCurl

/// Owns a list of header lines as libcurl wants it, kept while requests have the same header fields.
final class HeaderList {
    private let fields: [(String, String)]
    /// Nil only where memory ran out.
    let list: UnsafeMutablePointer<curl_slist>?

    /// `Expect:` without a value keeps libcurl from waiting for a `100 Continue` (man 3 CURLOPT_HTTPHEADER).
    init(_ fields: [(String, String)]) {
        self.fields = fields
        var list = curl_slist_append(nil, "Expect:")
        for (name, value) in fields where list != nil {
            let line = value.isEmpty ? "\(name);" : "\(name): \(value)"
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                list = nil
                break
            }
            list = longer
        }
        self.list = list
    }

    deinit { curl_slist_free_all(list) }

    func holds(_ other: [(String, String)]) -> Bool {
        fields.elementsEqual(other, by: ==)
    }
}
