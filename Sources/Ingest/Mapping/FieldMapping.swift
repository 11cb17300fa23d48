/// How a job maps the columns of its files to fields of the API. It is stored with the batch, so that a request made
/// later is the one that was checked.
package struct FieldMapping: Sendable, Hashable, Codable {
    /// The fields to fill; none means that columns are known by name.
    package let fields: [FieldRule]
    /// Columns that are not used.
    package let ignoreColumns: [String]
    /// The column that holds the record's own id; nil means `id`, or else `account_id` where columns are known by name.
    package let recordID: String?
    /// What is done to every value.
    package let values: ValueRules

    /// A mapping; without any argument, the one by column names that docs/input.md lists.
    ///
    /// - Parameters:
    ///   - fields: the fields to fill; none means that columns are known by name.
    ///   - ignoreColumns: columns that are not used.
    ///   - recordID: the column that holds the record's own id.
    ///   - values: what is done to every value.
    package init(
        fields: [FieldRule] = [], ignoreColumns: [String] = [], recordID: String? = nil,
        values: ValueRules = ValueRules()
    ) {
        self.fields = fields
        self.ignoreColumns = ignoreColumns
        self.recordID = recordID
        self.values = values
    }

    /// Reads a stored mapping; one that was stored before there were rules for values has none.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        fields = try container.decode([FieldRule].self, forKey: .fields)
        ignoreColumns = try container.decode([String].self, forKey: .ignoreColumns)
        recordID = try container.decodeIfPresent(String.self, forKey: .recordID)
        values = try container.decodeIfPresent(ValueRules.self, forKey: .values) ?? .none
    }
}

extension FieldMapping {
    /// Why no file can be read under it: a path that is no field, two sources for one field, or nothing that fills what
    /// every record needs. Nil where nothing is wrong, or columns are known by name.
    package var fault: String? {
        guard !fields.isEmpty else { return nil }
        do throws(PlanFault) {
            try FieldPlan(members: self).requireWhatEveryRecordNeeds(self)
            return nil
        } catch {
            return error.rule
        }
    }

    /// Whether some field is hashed with the installation's key.
    package var needsAccountKey: Bool { fields.contains { $0.transforms.contains(.hmacSHA256) } }

    /// The columns it names as sources or as the record's id.
    var readColumns: [String] {
        fields.flatMap(\.source.columns) + [recordID ?? KnownColumns.recordID]
    }

    func reads(_ column: String) -> Bool { readColumns.contains(column) }

    /// Whether a column is not used: the job says so, or its name starts with `_`.
    func leavesOut(_ column: String) -> Bool {
        (column.hasPrefix("_") || ignoreColumns.contains(column)) && !reads(column)
    }
}

/// How one field of the API is filled.
package struct FieldRule: Sendable, Hashable, Codable {
    /// The API's path: `user.email`.
    package let path: String
    /// Where the value comes from.
    package let source: FieldSource
    /// Changes made to it, in this order.
    package let transforms: [FieldTransform]

    /// Fills one field.
    ///
    /// - Parameters:
    ///   - path: the API's path.
    ///   - source: where the value comes from.
    ///   - transforms: changes made to it, in this order.
    package init(path: String, source: FieldSource, transforms: [FieldTransform] = []) {
        self.path = path
        self.source = source
        self.transforms = transforms
    }
}

/// Where a field's value comes from.
package enum FieldSource: Sendable, Hashable, Codable {
    /// One column.
    case column(String)
    /// Several columns in this order; those that are empty are left out, the others are joined.
    case columns([String], join: String)
    /// The same text for every record.
    case value(String)

    var columns: [String] {
        switch self {
        case .column(let name): [name]
        case .columns(let names, _): names
        case .value: []
        }
    }
}
