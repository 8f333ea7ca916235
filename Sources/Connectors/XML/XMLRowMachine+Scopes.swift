/// What happens at the end of scopes: conditions decide, values move to the scope around, and rows are complete.
extension XMLRowMachine {
    mutating func close(_ scope: UnsafeMutablePointer<XMLScope>, _ frame: UnsafeMutablePointer<XMLFrame>) {
        if scope.pointee.isRow { return closeRow(scope, frame) }
        if scope.pointee.isExploded { return collector.explode(scope, frame, end: offset, endLine: line) }
        guard scope.pointee.isConditional || scope.pointee.hasConditions else { return }
        let holds = holds(scope, frame)
        guard scope.pointee.isConditional else {
            if frame.pointee.said & (holds ? 2 : 1) != 0 { fail(.lateCondition(line: line)) }
            return
        }
        if holds { hand(scope, frame) }
    }

    private mutating func holds(_ scope: UnsafeMutablePointer<XMLScope>, _ frame: UnsafeMutablePointer<XMLFrame>) -> Bool {
        guard XMLScope.holds(scope.pointee.before, frame.pointee.bits) else { return false }
        if scope.pointee.counter >= 0 {
            var position = frame.pointee.position
            if !scope.pointee.isCountedAtStart {
                counters[Int(scope.pointee.counter)] += 1
                position = counters[Int(scope.pointee.counter)]
            }
            guard scope.pointee.order.holds(position, scope.pointee.number) else { return false }
        }
        return XMLScope.holds(scope.pointee.behind, frame.pointee.bits)
    }

    private mutating func hand(_ scope: UnsafeMutablePointer<XMLScope>, _ frame: UnsafeMutablePointer<XMLFrame>) {
        let outer = scopes + Int(scope.pointee.parent)
        let wanted = scope.pointee.parentBelow < 0 ? -1 : depth - scope.pointee.parentBelow
        guard let target = outer.pointee.frame(at: wanted) else { return }
        for slot in scope.pointee.parentSlots.indices {
            let from = frame.pointee.slots + slot
            let to = target.pointee.slots + Int(scope.pointee.parentSlots[slot])
            if scope.pointee.isLast, !to.pointee.isUsed { to.pointee.clear() }
            guard from.pointee.state == .filled else { continue }
            let rule = outer.pointee.rules[Int(scope.pointee.parentSlots[slot])]
            let text = UnsafeBufferPointer(start: from.pointee.bytes.base, count: from.pointee.bytes.count)
            if !rule.take(
                to, text, isTooLong: from.pointee.bytes.isTooLong, tally: from.pointee.tally, line: from.pointee.line)
            {
                failLate(scope: Int(scope.pointee.parent), slot: Int(scope.pointee.parentSlots[slot]))
            }
        }
        for (bit, parentBit) in scope.pointee.parentBits where frame.pointee.bits >> UInt64(bit) & 1 == 1 {
            target.pointee.bits |= 1 << UInt64(parentBit)
        }
    }

    private mutating func closeRow(_ scope: UnsafeMutablePointer<XMLScope>, _ frame: UnsafeMutablePointer<XMLFrame>) {
        if scope.pointee.hasConditions, !holds(scope, frame) { return collector.drop() }
        if !automaton.plan.rowConditions.isEmpty, !holdAbove() { return collector.drop() }
        collector.take(scopes, row: frame, depth: depth, end: offset, endLine: line, receiver: receiver)
    }

    /// Whether the conditions of the elements around a row hold by now.
    private mutating func holdAbove() -> Bool {
        var allHold = true
        for index in automaton.plan.rowConditions {
            let scope = scopes + index
            var hold = false
            for frame in 0..<scope.pointee.count where scope.pointee.frames[frame].depth < depth {
                if holds(scope, scope.pointee.frames + frame) { hold = true }
            }
            if !hold { allHold = false }
        }
        for index in automaton.plan.rowConditions {
            let scope = scopes + index
            for frame in 0..<scope.pointee.count where scope.pointee.frames[frame].depth < depth {
                let holds = holds(scope, scope.pointee.frames + frame)
                if holds == allHold { scope.pointee.frames[frame].said |= allHold ? 1 : 2 }
            }
        }
        return allHold
    }

    /// - Returns: the columns' fault, as the slot of a conditional scope leads to its parent's.
    mutating func failLate(scope: Int, slot: Int) {
        fail(.lateValue(column: automaton.plan.column(scope: scope, slot: slot) ?? 0, line: line))
    }
}
