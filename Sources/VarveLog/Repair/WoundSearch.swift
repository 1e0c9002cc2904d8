internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Finds the wounds of one copy of a log: reads it whole.
struct WoundSearch {
    let copy: LogCopy
    /// Everything below was flushed once: what is missing there is lost.
    let knownFlushed: Offset
    /// Offsets below may be missing because the log was compacted; nil when nothing is known of it.
    let compactedTo: Offset?
    /// What was known to be damaged or missing before.
    let quarantine: Quarantine

    private(set) var wounds: [Wound] = []
    /// Whether it was stopped before the end.
    private(set) var isStopped = false
    private var before: FoundBatch?
    /// Where the last batch, or wound, ended.
    private var end: Offset?
    /// Whether no batch was met since the last wound.
    private var isInWound = false

    init(
        _ copy: LogCopy, knownFlushed: Offset, compactedTo: Offset?, quarantine: Quarantine
    ) {
        self.copy = copy
        self.knownFlushed = knownFlushed
        self.compactedTo = compactedTo
        self.quarantine = quarantine
    }

    /// - Parameter goesOn: is told the bytes of each step, and answers whether to go on.
    mutating func run(_ goesOn: (Int) -> Bool) throws(LogError) {
        for (slot, segment) in copy.segments.enumerated() {
            if let end, segment.base > end, isLost(end..<segment.base) {
                addMissing(end..<segment.base, behind: slot - 1)
            }
            end = max(end ?? segment.base, segment.base)
            try read(slot, goesOn)
            if isStopped { return }
        }
        if let end, end < knownFlushed {
            addMissing(end..<knownFlushed, behind: copy.segments.count - 1)
        }
    }

    private mutating func read(_ slot: Int, _ goesOn: (Int) -> Bool) throws(LogError) {
        let base = copy.segments[slot].base
        let path = copy.path(base)
        var file = try copy.batches(of: base)
        while let step = try file.next() {
            let size: Int
            switch step {
            case .batch(let header, let position):
                let found = FoundBatch(header, file.batchBytes, in: path, at: position.bytes)
                if let found { take(found, slot) }
                size = header.sizeInBytes
            case .damage(let range):
                take(range, slot, fileSize: file.size.bytes)
                size = range.positions.lowerBound.distance(to: range.positions.upperBound)
            }
            guard goesOn(size) else {
                isStopped = true
                return
            }
        }
    }

    private mutating func take(_ batch: FoundBatch, _ slot: Int) {
        if isInWound, let last = wounds.indices.last {
            wounds[last].after = batch
            isInWound = false
        } else if let end, batch.offsets.lowerBound > end {
            let missing = end..<batch.offsets.lowerBound
            if isLost(missing) {
                wounds.append(
                    Wound(
                        segment: copy.segments[slot].base,
                        positions: batch.position..<batch.position, offsets: missing,
                        reason: Self.missingReason, before: before, after: batch))
            }
        }
        before = batch
        end = batch.end
    }

    private mutating func take(_ range: CorruptRange, _ slot: Int, fileSize: Int) {
        let lower = range.offsets.lowerBound
        let reachesEnd = range.positions.upperBound.bytes == fileSize
        let next = copy.end(of: slot)
        // What recovery may cut is no wound: nobody was told that it was safe.
        if reachesEnd, next == nil, lower >= knownFlushed { return }
        let upper = reachesEnd ? next ?? knownFlushed : range.offsets.upperBound
        wounds.append(
            Wound(
                segment: copy.segments[slot].base,
                positions: range.positions.lowerBound.bytes..<range.positions.upperBound.bytes,
                offsets: lower..<max(lower, upper, range.offsets.upperBound),
                reason: "\(range.defect)", before: before, isAtEnd: reachesEnd))
        end = max(lower, upper)
        before = nil
        isInWound = true
    }

    private static let missingReason = "records are missing"

    private mutating func addMissing(_ offsets: Range<Offset>, behind slot: Int) {
        guard slot >= 0 else { return }
        let file = copy.segments[slot]
        wounds.append(
            Wound(
                segment: file.base, positions: file.size..<file.size, offsets: offsets,
                reason: Self.missingReason, before: before, isAtEnd: true))
        isInWound = true
    }

    /// Whether offsets without a batch were lost, and not taken by compaction.
    private func isLost(_ offsets: Range<Offset>) -> Bool {
        if quarantine.ranges.contains(where: { $0.offsets.overlaps(offsets) }) { return true }
        guard let compactedTo else { return false }
        return offsets.upperBound > compactedTo
    }
}
