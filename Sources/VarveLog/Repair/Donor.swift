internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// A copy that a repair takes batches from.
struct Donor {
    let copy: LogCopy
    /// Whether the copy that is repaired is of the same topic, as far as both say.
    let hasSameTopic: Bool
    /// What it has near each wound, in order of the wounds.
    private(set) var found: [[FoundBatch]] = []

    init(_ copy: LogCopy, for patient: LogCopy) {
        self.copy = copy
        hasSameTopic = copy.topicID != nil && copy.topicID == patient.topicID
    }

    func offering(for wound: Int) -> Offering {
        Offering(folder: copy.folder, hasSameTopic: hasSameTopic, batches: found[wound])
    }

    /// Looks for sound batches in and next to the wounds; reads the segments that can have some.
    /// - Parameter goesOn: is told the bytes of each step, and answers whether to go on.
    /// - Returns: false when it was stopped.
    mutating func look(
        for wounds: [Wound], _ goesOn: (Int) -> Bool
    ) throws(LogError) -> Bool {
        found = Array(repeating: [], count: wounds.count)
        let ranges = wounds.map { Self.reach(of: $0) }
        var previousEnd: Offset?
        for (slot, segment) in copy.segments.enumerated() {
            let end = copy.end(of: slot)
            let isNear = ranges.contains {
                $0.upperBound > segment.base && $0.lowerBound < end ?? Offset(.max)
            }
            guard isNear else {
                previousEnd = nil
                continue
            }
            // The first batch of a segment follows the last one of the segment before.
            if previousEnd == nil { previousEnd = segment.base }
            guard try read(segment.base, ranges, &previousEnd, goesOn) else { return false }
        }
        return true
    }

    /// The offsets of a wound and of the batches on both sides.
    private static func reach(of wound: Wound) -> Range<Offset> {
        let start = wound.before?.offsets.lowerBound ?? wound.offsets.lowerBound
        let end = max(wound.offsets.upperBound, wound.after?.end ?? .zero)
        return start..<(end.advanced(byExactly: 1) ?? end)
    }

    private mutating func read(
        _ base: Offset, _ ranges: [Range<Offset>], _ previousEnd: inout Offset?,
        _ goesOn: (Int) -> Bool
    ) throws(LogError) -> Bool {
        let path = copy.path(base)
        var file = try copy.batches(of: base)
        while let step = try file.next() {
            var size = 0
            switch step {
            case .batch(let header, let position):
                size = header.sizeInBytes
                if let end = endOffset(of: header) {
                    if isNear(Offset(header.baseOffset)..<end, ranges),
                        var batch = FoundBatch(
                            header, file.batchBytes, in: path, at: position.bytes)
                    {
                        batch.previousEnd = previousEnd
                        batch.segmentBase = position == .zero ? base : nil
                        add(batch, ranges)
                    }
                    previousEnd = end
                }
            case .damage(let range):
                size = range.positions.lowerBound.distance(to: range.positions.upperBound)
                previousEnd = nil
            }
            guard goesOn(size) else { return false }
        }
        return true
    }

    private func endOffset(of header: BatchHeader) -> Offset? {
        header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) }
    }

    private func isNear(_ offsets: Range<Offset>, _ ranges: [Range<Offset>]) -> Bool {
        ranges.contains { $0.overlaps(offsets) }
    }

    private mutating func add(_ batch: FoundBatch, _ ranges: [Range<Offset>]) {
        for (slot, range) in ranges.enumerated() where range.overlaps(batch.offsets) {
            found[slot].append(batch)
        }
    }
}
