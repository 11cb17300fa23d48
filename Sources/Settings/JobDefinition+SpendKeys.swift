/// The keys that bound what a job's batches cost.
extension JobDefinition {
    static let confirmKey = SettingKey(
        "confirm", .boolean, default: "false", "whether each batch waits for a person's word before its first call")
    static let reuseKey = SettingKey(
        "reuse_within", .duration(.seconds(60)...(.seconds(3650 * 86400)), "from 1m to 3650d"),
        "how old an answer to an identical record may be to be used again; absent: each batch asks anew")
    static let acceptFailedKey = SettingKey(
        "accept.failed", .share, default: "0%", "the share of lines that may fail in a success")
    static let acceptInvalidKey = SettingKey(
        "accept.invalid", .share, default: "0%", "the share of lines that may be invalid in a success")
}
