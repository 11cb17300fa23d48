/// What is known of a written file.
struct FileFacts {
    let name: String
    let bytes: Int
    let digest: [UInt8]
}
