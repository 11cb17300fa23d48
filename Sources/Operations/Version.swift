/// The version of Rollcall. It has a file of its own so that a release changes one line in a place that scripts find.
package enum Version {
    /// The version of the tool, as `--version` prints it and batches store it.
    package static let current = "0.1.0"
}
