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
        let isShape = hasShape(root, mapping: mapping)
        let idName = mapping.recordID ?? KnownColumns.recordID
        let known = isShape ? shape + [idName] : Array(plan.columns.keys)
        for (name, _) in root.members where !mapping.leavesOut(name) && !known.contains(name) {
            let nearest = NearestName.of(name, among: known.sorted())
            // In an object of which nothing is known a name may be a value: it is shown only where it is nearly known.
            let isShown = nearest != nil || root.members.contains { mapping.leavesOut($0.0) || known.contains($0.0) }
            let shown = isShown ? ColumnName.shownMember(name) : ColumnName.hiddenMember
            let advice = nearest.map { " (did you mean '\($0)'?)" } ?? ""
            throw PlanFault(
                "has a member \(shown)\(advice) that no field is known for; "
                    + "rename it, or list it under ignore_columns")
        }
    }
}
