extension LogModel {
    /// Holds the log's records against all that is known, and settles them when they pass.
    ///
    /// - Parameters:
    ///   - stored: all records from the log's start on, in the order in which they were read.
    ///   - end: where the log says that it ends.
    mutating func check(_ stored: [StoredRecord], start: Int64, end: Int64) -> [Violation] {
        var found = place(stored, from: start, to: end)
        // Without a gap, an index into `stored` is an offset less `start`: all that follows
        // relies on it.
        guard found.isEmpty else { return found }
        found += checkSettled(stored, from: start)
        found += checkTold(stored, from: start)
        found += checkNew(stored, from: start)
        if found.isEmpty { settle(stored.compactMap(\.record), from: start) }
        return found
    }

    /// Offsets follow each other from an expected start to the end.
    private func place(_ stored: [StoredRecord], from first: Int64, to end: Int64) -> [Violation] {
        let starts = [start] + (otherStart.map { [$0] } ?? [])
        guard starts.contains(first) else { return [.start(found: first, expected: starts)] }
        var next = first
        for record in stored {
            guard record.offset == next else {
                return [.gap(after: next - 1, found: record.offset)]
            }
            next += 1
        }
        return next == end ? [] : [.end(found: end, expected: next)]
    }

    /// What an earlier check saw is there, unchanged.
    private func checkSettled(_ stored: [StoredRecord], from first: Int64) -> [Violation] {
        settled.indices.dropFirst(Int(first - start)).compactMap { index in
            violation(unless: settled[index], at: start + Int64(index), stored, first)
        }
    }

    /// What was acknowledged is there.
    private func checkTold(_ stored: [StoredRecord], from first: Int64) -> [Violation] {
        pending.flatMap { told in
            told.offsets.indices.flatMap { thread in
                told.offsets[thread].enumerated().compactMap { counter, offset in
                    let record = SubmittedRecord(life: told.life, thread: thread, counter: counter)
                    return violation(unless: record, at: offset, stored, first)
                }
            }
        }
    }

    private func violation(
        unless record: SubmittedRecord, at offset: Int64, _ stored: [StoredRecord], _ first: Int64
    ) -> Violation? {
        guard offset < first + Int64(stored.count) else { return .lost(record, offset: offset) }
        let found = stored[Int(offset - first)].record
        return found == record ? nil : .replaced(record, offset: offset, by: found)
    }

    /// What is new was submitted, once, and stands in the order of lives and of each thread.
    private func checkNew(_ stored: [StoredRecord], from first: Int64) -> [Violation] {
        var found: [Violation] = []
        var life = 0
        var counts = pending.map { _ in Array(repeating: 0, count: threadCount) }
        for (offset, record) in stored.dropFirst(Int(settledEnd - first)).map({
            ($0.offset, $0.record)
        }) {
            guard let record, record.thread < threadCount,
                let place = pending.firstIndex(where: { $0.life == record.life }),
                record.counter <= pending[place].offsets[record.thread].count
            else {
                found.append(.invented(offset: offset, record))
                continue
            }
            let expected = counts[place][record.thread]
            if record.counter != expected || place < life {
                found.append(.outOfOrder(record, offset: offset, expected: expected))
            }
            life = max(life, place)
            counts[place][record.thread] = record.counter + 1
        }
        return found
    }
}
