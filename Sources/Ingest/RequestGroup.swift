/// One object of the request around its fields: `user`, `user.account`.
struct RequestGroup: Sendable {
    /// The object around it, by number; the request itself is number 0 and its own parent.
    let parent: Int
    /// The greatest number of an object inside it; its own where there is none.
    var last: Int
    /// `"account":{`
    let opening: [UInt8]
}
