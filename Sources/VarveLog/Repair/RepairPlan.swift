internal import VarveSystem
internal import VarveTerms

/// What is to be done about the wounds of one log: decided wound by wound, carried out segment by
/// segment.
struct RepairPlan {
    private let copy: LogCopy
    private var treatments: [Treatment]

    struct Treatment {
        var wound: Wound
        var patch: Patch
    }

    init(_ copy: LogCopy, _ wounds: [Wound]) {
        self.copy = copy
        treatments = wounds.map {
            Treatment(wound: $0, patch: Patch(of: $0, from: [], compactedTo: nil))
        }
    }

    // MARK: Deciding

    /// - Throws: what laying copies side by side throws.
    mutating func decide(from donors: [Donor], compactedTo: Offset?) throws(LogError) {
        let ballot = Ballot(copy: copy, donors: donors)
        for slot in treatments.indices {
            let wound = treatments[slot].wound
            var offerings = donors.map { $0.offering(for: slot) }
            var patch = Patch(of: wound, from: offerings, compactedTo: compactedTo)
            if !patch.isComplete, var vote = try ballot.offering(for: wound) {
                // A batch that some copy has whole is not voted on.
                vote.batches.removeAll { batch in
                    !patch.left.contains { $0.overlaps(batch.offsets) }
                }
                offerings.append(vote)
                patch = Patch(of: wound, from: offerings, compactedTo: compactedTo)
            }
            if !wound.positions.isEmpty, !patch.isComplete, !patch.runs.isEmpty {
                // Bytes that stay must be known to be those of the offsets that stay.
                patch.keepPlaced(in: wound)
                if patch.runs.isEmpty {
                    patch.withdraw(wound, "what the copies have does not fit the place")
                }
            }
            treatments[slot].patch = patch
        }
        for segment in Set(treatments.map(\.wound.segment)) { checkSize(of: segment) }
    }

    /// Positions in indexes have 31 bits.
    private mutating func checkSize(of segment: Offset) {
        guard pieces(of: segment).reduce(0, { $0 + $1.size }) > Int(Int32.max) else { return }
        for slot in treatments.indices where treatments[slot].wound.segment == segment {
            let wound = treatments[slot].wound
            treatments[slot].patch.withdraw(wound, "the segment would pass 2 GiB")
        }
    }

    // MARK: Doing

    /// What is to be written, each piece of work independent of the others.
    func assemblies(in fileSystem: any FileSystem) -> [SegmentAssembly] {
        var assemblies: [SegmentAssembly] = []
        for (base, size) in copy.segments where treatments.contains(where: { $0.changes(base) }) {
            assemblies.append(
                SegmentAssembly(
                    paths: SegmentPaths(folder: copy.folder, baseOffset: base),
                    pieces: pieces(of: base), oldSize: size,
                    fileSystem: fileSystem))
        }
        for batches in treatments.flatMap(\.newSegments) {
            assemblies.append(
                SegmentAssembly(
                    paths: SegmentPaths(
                        folder: copy.folder, baseOffset: batches[0].offsets.lowerBound),
                    pieces: batches.map { .batch($0) }, oldSize: nil,
                    fileSystem: fileSystem))
        }
        return assemblies
    }

    /// A segment's pieces, in order: its own bytes, and what goes into the wounds.
    private func pieces(of base: Offset) -> [SegmentAssembly.Piece] {
        guard let size = copy.segments.first(where: { $0.base == base })?.size else { return [] }
        var pieces: [SegmentAssembly.Piece] = []
        var position = 0
        for treatment in treatments where treatment.changes(base) {
            let place = treatment.wound.positions
            pieces.append(.own(position..<place.lowerBound))
            pieces += treatment.pieces
            position = place.upperBound
        }
        pieces.append(.own(position..<size))
        return pieces.filter { $0.size > 0 }
    }

    // MARK: Telling

    /// The fences that stay.
    func leftFences(now: Timestamp) -> [FencedRange] {
        var shifts: [Offset: Int] = [:]
        var fences: [FencedRange] = []
        for treatment in treatments {
            let wound = treatment.wound
            let shift = shifts[wound.segment, default: 0]
            shifts[wound.segment, default: 0] += treatment.growth
            for (offsets, positions) in zip(treatment.patch.left, treatment.leftPositions) {
                let start = FilePosition(positions.lowerBound + shift)
                let end = FilePosition(positions.upperBound + shift)
                fences.append(
                    FencedRange(
                        segment: wound.segment, positions: start..<end, offsets: offsets,
                        reason: wound.reason, found: now))
            }
        }
        return fences
    }

    var places: [RepairReport.Place] {
        treatments.map { treatment in
            let (wound, patch) = (treatment.wound, treatment.patch)
            var sources: [String] = []
            for batch in patch.runs.flatMap(\.batches) where !sources.contains(batch.path) {
                sources.append(batch.path)
            }
            let start = FilePosition(wound.positions.lowerBound)
            let end = FilePosition(wound.positions.upperBound)
            return RepairReport.Place(
                segment: wound.segment, positions: start..<end, offsets: wound.offsets,
                reason: wound.reason,
                repaired: patch.runs.map(\.offsets), left: patch.left, sources: sources,
                refusals: patch.refusals)
        }
    }
}

extension RepairPlan.Treatment {
    /// Whether the segment is written anew for it.
    fileprivate func changes(_ base: Offset) -> Bool {
        guard wound.segment == base, !patch.runs.isEmpty else { return false }
        return !wound.positions.isEmpty || !kept.isEmpty
    }

    /// How large a segment is made of batches that have none.
    private static let segmentSizeMax = 1 << 30

    /// What goes into the wound's own segment: everything, unless the wound is at its end and a
    /// copy shows that other segments begin in it.
    private var kept: [FoundBatch] {
        guard wound.isAtEnd, patch.isComplete || wound.positions.isEmpty else {
            return patch.runs.flatMap(\.batches)
        }
        // Where records are lost in front of it, what came back does not go on where this one ends.
        guard let first = patch.runs.first,
            patch.left.first?.lowerBound != wound.offsets.lowerBound
        else { return [] }
        return Array(first.batches.prefix { !$0.isSegmentStart })
    }

    /// What gets segments of its own.
    fileprivate var newSegments: [[FoundBatch]] {
        guard wound.isAtEnd, patch.isComplete || wound.positions.isEmpty else { return [] }
        let keptCount = kept.count
        return patch.runs.enumerated().flatMap { slot, run in
            Self.segments(of: slot == 0 ? run.batches.dropFirst(keptCount) : run.batches[...])
        }
    }

    /// Cuts a run of batches where a copy does, and so that indexes can describe each part.
    private static func segments(of batches: ArraySlice<FoundBatch>) -> [[FoundBatch]] {
        var segments: [[FoundBatch]] = []
        var size = 0
        for batch in batches {
            let first = segments.last?.first?.offsets.lowerBound
            let isFar = first.map { $0.distance(to: batch.end) > Int64(Int32.max) } ?? true
            if batch.isSegmentStart || isFar || size + batch.size > segmentSizeMax {
                segments.append([])
                size = 0
            }
            segments[segments.count - 1].append(batch)
            size += batch.size
        }
        return segments
    }

    /// What stands in the wound's place then.
    fileprivate var pieces: [SegmentAssembly.Piece] {
        guard !patch.isComplete, !wound.positions.isEmpty else {
            return kept.map { .batch($0) }
        }
        var pieces: [SegmentAssembly.Piece] = []
        var gaps = leftPositions[...]
        for (run, start) in zip(patch.runs, patch.starts(in: wound)) {
            if let gap = gaps.first, gap.lowerBound < start {
                pieces.append(.own(gap))
                gaps.removeFirst()
            }
            pieces += run.batches.map { .batch($0) }
        }
        return pieces + gaps.map { .own($0) }
    }

    /// The wound's bytes that stay, by their positions in the old file, one range for each range of
    /// offsets that is left; empty, and behind what was put in, where bytes are missing.
    fileprivate var leftPositions: [Range<Int>] {
        guard !wound.positions.isEmpty else {
            return patch.left.map { offsets in
                let front = kept.filter { $0.end <= offsets.lowerBound }.reduce(0) { $0 + $1.size }
                let place = wound.positions.lowerBound + front
                return place..<place
            }
        }
        guard !patch.runs.isEmpty else { return patch.left.map { _ in wound.positions } }
        var gaps: [Range<Int>] = []
        var end = wound.positions.lowerBound
        for (run, start) in zip(patch.runs, patch.starts(in: wound)) {
            if start > end { gaps.append(end..<start) }
            end = start + run.size
        }
        if end < wound.positions.upperBound { gaps.append(end..<wound.positions.upperBound) }
        return gaps
    }

    /// How much longer the segment gets.
    fileprivate var growth: Int {
        guard !patch.runs.isEmpty, patch.isComplete || wound.positions.isEmpty else { return 0 }
        return kept.reduce(0) { $0 + $1.size } - wound.positions.count
    }
}
