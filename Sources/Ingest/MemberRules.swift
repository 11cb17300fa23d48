import IdentityInsights
import JSON

/// What the member names of a JSON line must keep to.
enum MemberRules {
    /// The members of the API's shape at the top of a line.
    static let shape = ["user", "device", "endCustomerRefId", "placement"]

    /// Whether a line has the API's shape rather than being flat.
    static func hasShape(_ root: JSONNode, mapping: FieldMapping) -> Bool {
        mapping.fields.isEmpty && (root["user"] != nil || root["device"] != nil)
    }

    /// Checks that each name is known.
    ///
    /// - Parameters:
    ///   - root: a line's object.
    ///   - plan: the fields that can be filled.
    ///   - mapping: the job's mapping.
    /// - Throws: `PlanFault` for the first name that is not known.
    static func check(_ root: JSONNode, plan: FieldPlan, mapping: FieldMapping) throws(PlanFault) {
        let known = knownNames(root, plan: plan, mapping: mapping)
        let isKnown = { mapping.leavesOut($0) || known.contains($0) }
        let unknown = root.members.filter { !isKnown($0.key) }
        if unknown.contains(where: { WrappedRecords.are($0.value) }) { throw PlanFault(WrappedRecords.rule) }
        guard let name = unknown.first?.key else { return }
        let nearest = NearestName.of(name, among: known.sorted())
        // In an object of which nothing is known a name may be a value: it is shown only where it is nearly known.
        let isShown = nearest != nil || root.members.contains { isKnown($0.key) }
        let shown = isShown ? shown(name, of: root, nearest: nearest) : hidden
        throw PlanFault("has a member \(shown) that no field is known for; rename it, or list it under ignore_columns")
    }

    /// A member's name as a message may show it: in quotes, with the one that was probably meant; or not at all.
    ///
    /// - Parameters:
    ///   - name: the name.
    ///   - root: the line it stands in, whose values must not be repeated.
    ///   - nearest: the known name that is nearest, if one is near.
    /// - Returns: what stands behind 'a member'.
    static func shown(_ name: String, of root: JSONNode, nearest: String? = nil) -> String {
        guard RecordWords(of: root).mayShow(name) else { return hidden }
        return "'\(name)'" + (nearest.map { " (did you mean '\($0)'?)" } ?? "")
    }

    /// A member given twice under names that differ in their bytes and are the same text (Unicode's canonical
    /// equivalence), here or in an object further in: nobody could say which of them is meant.
    static func holdsRepeatedName(_ node: JSONNode) -> Bool {
        switch node.kind {
        case .array: node.elements.contains(where: holdsRepeatedName)
        case .object:
            hasEquivalentNames(node) || node.members.contains { holdsRepeatedName($0.value) }
        default: false
        }
    }

    private static let hidden = "that is not named here"

    private static func hasEquivalentNames(_ object: JSONNode) -> Bool {
        var isASCII = true
        object.forEachMember { name, _ in isASCII = isASCII && name.allSatisfy { $0 < 0x80 } }
        guard !isASCII else { return false }
        var seen: Set<String> = []
        return object.members.contains { !seen.insert($0.key).inserted }
    }

    private static func knownNames(_ root: JSONNode, plan: FieldPlan, mapping: FieldMapping) -> [String] {
        hasShape(root, mapping: mapping)
            ? shape + [mapping.recordID ?? KnownColumns.recordID] : Array(plan.columns.keys)
    }
}
