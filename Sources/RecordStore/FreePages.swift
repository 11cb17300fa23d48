/// How many of a database's free pages go back to the file system. A pure rule.
///
/// The next night needs about as many as the last one freed, so a part is kept: giving back costs moving a page.
struct FreePages: Equatable {
    /// A step keeps other writers waiting for some milliseconds.
    static let step = 64
    private static let kept = 1_024
    private static let keptShare = 20

    let surplus: Int

    /// With so many free pages among so many in all.
    init(free: Int, total: Int) {
        surplus = max(0, free - max(Self.kept, total / Self.keptShare))
    }
}
