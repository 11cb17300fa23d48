public import Foundation

extension TimeZone {
    /// Its name as people and settings write it: what Foundation calls GMT is UTC.
    public var displayName: String { identifier == "GMT" ? "UTC" : identifier }
}
