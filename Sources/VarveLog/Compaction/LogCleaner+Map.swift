internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// The map from keys to their latest offsets.
extension LogCleaner {
    func startMapping() {
        let slots = dirtySlots
        let counted = survey.recordCounts[slots].reduce(Int64(0)) { sum, count in
            let (next, overflow) = sum.addingReportingOverflow(count)
            return overflow ? .max : next
        }
        map = OffsetMap(
            memory: settings.mapMemory.bytes, keyCountMax: Int(clamping: min(counted, 1 << 40)))
        report.cleanEnd = report.dirty.upperBound
        slot = slots.lowerBound
        position = 0
        doneSize = 0
        totalSize = survey.segments[slots].reduce(0) { $0 + $1.flushedSize }
        track = TransactionTrack(survey.aborted(from: survey.segments[slot].baseOffset))
        stage = .mapping
    }

    func mapOn(_ sizeMax: Int) throws(LogError) {
        var rest = sizeMax
        let end = dirtySlots.upperBound
        while rest > 0, slot < end {
            let segment = survey.segments[slot]
            let before = position
            let isComplete: Bool
            do throws(WalkFailure) {
                isComplete = try map(segment, &rest)
            } catch {
                if case .log(let error) = error { throw error }
                return try stop(at: error, in: segment, position)
            }
            doneSize += position - before
            moved += position - before
            guard isComplete else { return }
            // A full map, or the end of what is cleaned.
            guard report.cleanEnd == report.dirty.upperBound else { return startRewriting() }
            slot += 1
            position = 0
        }
        if slot == end { startRewriting() }
    }

    /// - Returns: whether the segment is done, or everything.
    private func map(
        _ segment: Segment, _ rest: inout Int
    ) throws(WalkFailure) -> Bool {
        var walk: BatchWalk
        do {
            walk = try BatchWalk(segment, at: position, through: .flushed)
        } catch {
            throw .log(error)
        }
        while rest > 0 {
            guard let header = try walk.header(at: position),
                header.baseOffset < report.dirty.upperBound.rawValue
            else { return true }
            try walk.verify(at: position, size: header.sizeInBytes)
            let bytes = walk.window.span(position..<position + header.sizeInBytes)
            guard try note(header, bytes) else { return true }
            position += header.sizeInBytes
            rest -= header.sizeInBytes
        }
        return false
    }

    /// Notes the keys of a batch.
    /// - Returns: false when the map is full; `cleanEnd` is the first record that it does not know.
    private func note(
        _ header: BatchHeader, _ bytes: RawSpan
    ) throws(WalkFailure) -> Bool {
        guard !header.attributes.isControl else {
            if let marker = TransactionMarker(bytes) { _ = track.end(marker.outcome, header) }
            return true
        }
        // Records of aborted transactions are the latest of nothing.
        guard !track.isAborted(header), header.recordsCount > 0,
            header.lastOffset ?? 0 >= report.dirty.lowerBound.rawValue
        else { return true }
        guard let view = try? RecordBatchView(bytes) else {
            preconditionFailure("the batch was verified")
        }
        guard view.isCompressed else { return try noteKeys(view.records) }
        scratch.removeAll()
        do {
            try view.expand(with: decompressor, into: &scratch, budget: .standard)
        } catch {
            throw .defect(error)
        }
        return try noteKeys(view.records(in: scratch.bytes))
    }

    private func noteKeys(_ records: consuming RecordCursor) throws(WalkFailure) -> Bool {
        var records = records
        while true {
            do {
                guard let record = try records.next() else { return true }
                guard record.offset >= report.dirty.lowerBound else { continue }
                guard let key = record.key else {
                    if settings.keylessRecords == .dropped { continue }
                    throw WalkFailure.log(
                        .uncleanable(path: log.path, .keylessRecord(record.offset)))
                }
                guard map.note(hasher.digest(of: key), at: record.offset) else {
                    report.cleanEnd = record.offset
                    return false
                }
            } catch let defect as BatchDefect {
                throw .defect(defect)
            } catch let failure as WalkFailure {
                throw failure
            } catch {
                preconditionFailure("nothing else is thrown")
            }
        }
    }
}
