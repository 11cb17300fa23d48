/// The version of Rollcall.
public enum Version {
    /// The version of the tool, as `--version` prints it and batches store it.
    public static let current = "0.1.0"
}
