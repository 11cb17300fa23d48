import IdentityInsights

extension RequestBuilder {
    /// Builds from one row of CSV.
    mutating func buildFromCells(_ row: UnsafeRawBufferPointer) throws {
        if let fault = cells.split(row) { return refuse(nil, fault.rule) }
        if isReturned { cells.takeOffMarks(in: row) }
        try writeFields(from: row)
    }

    /// Writes the request from the cells, whose text stands in `base`.
    mutating func writeFields(from base: UnsafeRawBufferPointer) throws {
        takeRecordID(from: base)
        (present, lastPath) = (RequestFieldSet(), -1)
        emitter.begin()
        for index in steps.indices { try write(index, from: base) }
        emitter.end()
        for violation in RequestRules.violations(present: present) { refuse(violation.path, violation.rule) }
    }

    private mutating func takeRecordID(from base: UnsafeRawBufferPointer) {
        for column in plan.recordIDColumns where !cells[column.place].isEmpty {
            CellText.append(cells[column.place], of: base, to: &identifier)
            if !column.isCheckedAsField, SpreadsheetDamage.isScientificNotation(identifier.bytes) {
                refuse(column.name, SpreadsheetDamage.rule)
            }
            return
        }
    }

    @inline(__always)
    private mutating func write(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        guard step.way == .plain else { return try writeChanged(index, from: base) }
        let cell = cells[Int(step.column)]
        if cell.isEmpty { return }
        if cell.needsWork { return try writeChanged(index, from: base) }
        emit(base.portion(cell.range), index)
    }

    /// The way of a value that is more than a copy of one cell.
    private mutating func writeChanged(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        text.removeAll()
        gather(plan.writes[index].source, from: base)
        if text.count == 0 { return }
        if step.checksSource, SpreadsheetDamage.isScientificNotation(text.bytes) {
            note(step)
            return refuse(plan.writes[index].path.text, SpreadsheetDamage.rule)
        }
        if case .column(let place) = plan.writes[index].source, cells[place].isJSON {
            return emitJSON(text.bytes, step)
        }
        if step.kind == .boolean { try Transformer.apply(.lowercase, to: &text) }
        for transform in plan.writes[index].transforms { try Transformer.apply(transform, to: &text) }
        if text.count > 0 { emit(text.bytes, index) }
    }

    private mutating func gather(_ source: WriteSource, from base: UnsafeRawBufferPointer) {
        switch source {
        case .value(let bytes): text.append(bytes)
        case .column(let place): CellText.append(cells[place], of: base, to: &text)
        case .columns(let places, let join):
            for place in places where !cells[place].isEmpty {
                if text.count > 0 { text.append(join) }
                CellText.append(cells[place], of: base, to: &text)
            }
        }
    }

    private mutating func emit(_ value: UnsafeRawBufferPointer, _ index: Int) {
        let step = steps[index]
        note(step)
        if let rule = fields[index]?.violation(in: value) { refuse(plan.writes[index].path.text, rule) }
        switch step.kind {
        case .string: emitter.string(value, step)
        case .integer, .boolean: emitter.literal(value, step)
        case .stringArray: emitter.list(value, step)
        }
    }

    /// An array of strings that stands in a JSON line as such.
    private mutating func emitJSON(_ array: UnsafeRawBufferPointer, _ step: RequestStep) {
        note(step)
        emitter.literal(array, step)
    }

    @inline(__always)
    private mutating func note(_ step: RequestStep) {
        if step.pathNumber == lastPath { refuseRepeated(step) }
        lastPath = step.pathNumber
        if step.presence >= 0 { present.insert(Int(step.presence)) }
    }

    private mutating func refuseRepeated(_ step: RequestStep) {
        let index = steps.firstIndex { $0.pathNumber == step.pathNumber } ?? 0
        refuse(plan.writes[index].path.text, "is given twice, under different names")
    }
}
