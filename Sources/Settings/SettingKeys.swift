/// The keys of `rollcall.yaml` outside its larger sections.
enum SettingKeys {
    static let database = SettingKey("database", .path, default: "var/rollcall.sqlite", "the database's file")
    static let sealingKey = SettingKey(
        "sealing_key", .path, default: "secrets/sealing.key",
        "the key that seals the database; made only together with a new database")
    static let keysFolder = SettingKey(
        "keys_folder", .path, default: "secrets",
        "the folder of ledger.trace, which tells a restored database from the real one; never inside the database's own, "
            + "never restored with it, one for each database")
    static let jobs = SettingKey("jobs", .path, default: "jobs", "the folder of job files")
    static let output = SettingKey("output", .path, default: "out", "the folder below which results are written")
}

extension Settings {
    static let schema = Schema(
        [SettingKeys.database.description, SettingKeys.sealingKey.description, SettingKeys.keysFolder.description]
            + SettingKeys.api + SettingKeys.limits
            + SettingKeys.retry + SettingKeys.halt + SettingKeys.confirmAbove
            + [SettingKeys.maxInvalid.description] + SettingKeys.pricing + SettingKeys.daemon + [
                SettingKeys.notify, SettingKeys.jobs.description, SettingKeys.output.description,
            ] + SettingKeys.outputForm,
        planned: ["admin": "this version has no administration page; take it out"])

    static let alternatives =
        [Alternative(one: ["api.base_url"], other: ["api.region", "api.environment"])]
        + SettingKeys.passwords.map { Alternative(one: [$0.path], other: [$0.path + "_file"]) }
}
