/// The version of Rollcall.
package enum Version {
    /// The version of the tool, as `--version` prints it and batches store it.
    package static let current = "0.1.0"
}
