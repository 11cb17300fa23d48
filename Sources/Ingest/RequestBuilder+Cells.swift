import IdentityInsights

extension RequestBuilder {
    /// Builds from one row of CSV.
    mutating func buildFromCells(_ row: UnsafeRawBufferPointer) throws {
        let row = ByteOrderMark.dropped(from: row)
        if let fault = cells.split(row) { return refuse(nil, fault.rule) }
        if isReturned { cells.takeOffMarks(in: row) }
        cells.clean(in: row, trims: values.trims, unwraps: values.checksSpreadsheets)
        if let rule = repeatedHeader.rule(for: cells, of: row) { return refuse(nil, rule) }
        try writeFields(from: row)
    }

    /// Writes the request from the cells, whose text stands in `base`.
    mutating func writeFields(from base: UnsafeRawBufferPointer) throws {
        takeRecordID(from: base)
        (present, lastPath) = (RequestFieldSet(), -1)
        emitter.begin()
        for index in steps.indices { try write(index, from: base) }
        emitter.end()
        judgeWhole()
    }

    private mutating func takeRecordID(from base: UnsafeRawBufferPointer) {
        for column in plan.recordIDColumns where !cells[column.place].isEmpty {
            CellText.append(cells[column.place], of: base, to: &identifier)
            if !column.isCheckedAsField, let rule = inspector.faultOfID(identifier.bytes) { refuse(column.name, rule) }
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
        let value = base.portion(cell.range)
        if step.isInspected, !admits(value, for: index, step) { return }
        emit(value, index, step)
    }

    /// The way of a value that is more than a copy of one cell.
    private mutating func writeChanged(_ index: Int, from base: UnsafeRawBufferPointer) throws {
        let step = steps[index]
        text.removeAll()
        if step.isColumn {
            CellText.append(cells[Int(step.column)], of: base, to: &text)
        } else if !gather(index, from: base) {
            return
        }
        if text.count == 0 { return }
        if step.isColumn, cells[Int(step.column)].isJSON { return emitJSON(text.bytes, step) }
        if step.isInspected, !admits(text.bytes, for: index, step) { return }
        if step.kind == .boolean { _ = try Transformer.apply(.lowercase, to: &text) }
        for transform in plan.writes[index].transforms {
            guard let rule = try Transformer.apply(transform, to: &text, as: step.role) else { continue }
            note(step)
            return refuse(index, rule)
        }
        if text.count > 0 { emit(text.bytes, index, step) }
    }

    /// Gathers the text of a field that is not made from one column alone; false where a part of it makes the whole none.
    private mutating func gather(_ index: Int, from base: UnsafeRawBufferPointer) -> Bool {
        let step = steps[index]
        switch plan.writes[index].source {
        case .column: break
        case .value(let bytes): text.append(bytes)
        case .columns(let places, let join):
            for place in places where !cells[place].isEmpty {
                let part = base.portion(cells[place].range)
                if inspector.isAbsent(part) { continue }
                if step.isInspected, !admits(part, for: index, step) { return false }
                if text.count > 0 { text.append(join) }
                CellText.append(cells[place], of: base, to: &text)
            }
        }
        return true
    }

    /// Whether a value is sent as far as can be told before it is transformed; if not, says why where there is a reason.
    private mutating func admits(
        _ value: UnsafeRawBufferPointer, for index: Int, _ step: RequestStep
    ) -> Bool {
        switch inspector.look(at: value, as: step.role) {
        case .sound: return true
        case .absent: return false
        case .placeholder where step.role != .account:
            // Beside a good one the other way to reach somebody may be missing.
            placeholders.append(refusal(of: index, ValueInspector.placeholderRule))
            return false
        case .placeholder: refuse(index, ValueInspector.placeholderRule)
        case .broken(let rule): refuse(index, rule)
        }
        note(step)
        return false
    }

    private mutating func emit(_ value: UnsafeRawBufferPointer, _ index: Int, _ step: RequestStep) {
        note(step)
        if step.isChecked, let rule = rules[index].broken(by: value) { refuse(index, rule) }
        if step.isNoted, let rule = remarks[index].broken(by: value) { notes.append(refusal(of: index, rule)) }
        switch step.kind {
        case .string: emitter.string(value, step)
        case .integer, .boolean: emitter.literal(value, step)
        case .stringArray: emitter.list(value, step, trims: values.trims)
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
