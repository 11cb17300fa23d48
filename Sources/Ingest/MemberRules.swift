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
            let advice = NearestName.of(name, among: known.sorted()).map { " (did you mean '\($0)'?)" } ?? ""
            throw PlanFault(
                "has a member \(ColumnName.shownMember(name))\(advice) that no field is known for; "
                    + "rename it, or list it under ignore_columns")
        }
    }
}
