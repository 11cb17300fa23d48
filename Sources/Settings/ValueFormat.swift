/// How the text of one kind of value is read, and the words that say what would be right.
struct ValueFormat<Value: Sendable>: Sendable {
    /// Completes the sentence 'limits.rate must be …'.
    let expectation: String
    /// Whether the value must never be shown or hashed.
    var isSecret = false
    /// The one spelling of a value, so that `60s` and `1m` describe the same settings.
    var canonical: @Sendable (Value) -> String = { "\($0)" }
    /// What exactly is wrong with a text, where more can be said than the expectation; never the text itself.
    var complaint: @Sendable (_ text: String) -> String? = { _ in nil }
    /// The value of a text, nil if it is not right; relative paths are resolved against `directory`.
    let read: @Sendable (_ text: String, _ directory: String) -> Value?
}
