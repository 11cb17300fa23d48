/// How one field of the API is filled.
public struct FieldRule: Sendable, Hashable, Codable {
    /// The API's path: `user.email`.
    public let path: String
    /// Where the value comes from.
    public let source: FieldSource
    /// Changes made to it, in this order.
    public let transforms: [FieldTransform]

    /// Fills one field.
    ///
    /// - Parameters:
    ///   - path: the API's path.
    ///   - source: where the value comes from.
    ///   - transforms: changes made to it, in this order.
    public init(path: String, source: FieldSource, transforms: [FieldTransform] = []) {
        self.path = path
        self.source = source
        self.transforms = transforms
    }
}
