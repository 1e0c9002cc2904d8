internal import VarveTerms

/// What other copies have of one copy that is to be repaired, near one of its wounds.
struct Offering {
    /// The folder of the copy.
    var folder: String
    /// Whether both copies say that they are of the same topic.
    var hasSameTopic: Bool
    /// Sound batches that touch the wound, and the ones on both sides, in order of offset.
    var batches: [FoundBatch]
}

/// What can be made good of a wound: runs of batches from other copies, and what stays lost.
///
/// Pure: decided from what is sound here and there, before anything is written. Never a guess:
/// where two copies differ, or none can show that it is a copy of this log, the place stays as it
/// is.
struct Patch: Hashable {
    /// Batches that follow each other without a gap.
    struct Run: Hashable {
        var batches: [FoundBatch]

        var offsets: Range<Offset> {
            (batches.first?.offsets.lowerBound ?? .zero)..<(batches.last?.end ?? .zero)
        }
        var size: Int { batches.reduce(0) { $0 + $1.size } }

        /// Where it stands in the files of a segment, if its batches follow each other there. They
        /// may come from several copies: one file gives what another one lost.
        func position(in segment: Offset) -> Int? {
            guard let start = batches.first?.position else { return nil }
            var end = start
            for batch in batches {
                guard batch.position == end,
                    SegmentFileName(WholeFile.name(of: batch.path))?.baseOffset == segment
                else { return nil }
                end += batch.size
            }
            return start
        }
    }

    private(set) var runs: [Run] = []
    /// Offsets that no copy could give.
    private(set) var left: [Range<Offset>] = []
    /// Why some copy was not believed, or what it had was not taken.
    private(set) var refusals: [String] = []

    var isComplete: Bool { left.isEmpty }

    /// - Parameter compactedTo: gaps below are lawful; nil when that is not known.
    init(of wound: Wound, from offerings: [Offering], compactedTo: Offset?) {
        let trusted = offerings.filter { offering in
            guard let refusal = Self.refusal(of: offering, wound) else { return true }
            refusals.append(refusal)
            return false
        }
        let agreed = agreedBatches(of: wound, trusted)
        join(agreed, wound, trusted, compactedTo)
    }

    /// Keeps only runs that can be said where they lie in the wound: at its front, at its back, and
    /// in between those that have the same place in the file of a copy.
    ///
    /// On return some bytes of the wound lie wherever offsets are left.
    mutating func keepPlaced(in wound: Wound) {
        let places = wound.positions
        var kept: [Run] = []
        var end = places.lowerBound
        let last = runs.last.flatMap {
            $0.offsets.upperBound == wound.offsets.upperBound ? $0 : nil
        }
        let back = places.upperBound - (last?.size ?? 0)
        for run in runs where run != last || run.offsets.lowerBound == wound.offsets.lowerBound {
            let isFirst = run.offsets.lowerBound == wound.offsets.lowerBound
            guard let start = isFirst ? places.lowerBound : placed(run, in: wound),
                isFirst || start > end
            else { continue }
            guard start + run.size < back else { continue }
            kept.append(run)
            end = start + run.size
        }
        if let last, kept.last != last, back > end { kept.append(last) }
        runs = kept
        leave(wound.offsets)
    }

    /// Where a run stands in the copies, if that is a place of the wound.
    private func placed(_ run: Run, in wound: Wound) -> Int? {
        guard let position = run.position(in: wound.segment),
            position >= wound.positions.lowerBound
        else { return nil }
        return position
    }

    /// What the runs do not hold of the wound's offsets is left.
    private mutating func leave(_ offsets: Range<Offset>) {
        left = []
        var expected = offsets.lowerBound
        for run in runs {
            if run.offsets.lowerBound > expected {
                left.append(expected..<run.offsets.lowerBound)
            }
            expected = run.offsets.upperBound
        }
        if expected < offsets.upperBound { left.append(expected..<offsets.upperBound) }
    }

    /// Where each run begins that was kept, by position.
    func starts(in wound: Wound) -> [Int] {
        runs.map { run in
            if run.offsets.lowerBound == wound.offsets.lowerBound {
                return wound.positions.lowerBound
            }
            if run.offsets.upperBound == wound.offsets.upperBound {
                return wound.positions.upperBound - run.size
            }
            return placed(run, in: wound) ?? wound.positions.lowerBound
        }
    }

    /// Takes nothing of it.
    mutating func withdraw(_ wound: Wound, _ reason: String) {
        runs = []
        left = [wound.offsets]
        refusals.append(reason)
    }

    // MARK: Whom to believe

    /// Why a copy is not believed near this wound; nil when it is.
    private static func refusal(of offering: Offering, _ wound: Wound) -> String? {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.donorNotChecked.isPlanted { return nil }
        #endif
        var equalCount = 0
        for mark in [wound.before, wound.after].compactMap({ $0 }) {
            let same = offering.batches.first { $0.offsets.overlaps(mark.offsets) }
            guard let same else { continue }
            guard same.isEqual(to: mark) else {
                return "\(offering.folder) has another batch at offset "
                    + "\(mark.offsets.lowerBound), next to the damage"
            }
            equalCount += 1
        }
        guard offering.hasSameTopic || equalCount > 0 else {
            return "nothing shows that \(offering.folder) is a copy of this log"
        }
        return nil
    }

    /// The batches on which all that have them agree, in order.
    private mutating func agreedBatches(
        of wound: Wound, _ offerings: [Offering]
    ) -> [FoundBatch] {
        var found: [Offset: [FoundBatch]] = [:]
        for offering in offerings {
            for batch in offering.batches
            where batch.offsets.lowerBound >= wound.offsets.lowerBound
                && batch.end <= wound.offsets.upperBound
            {
                found[batch.offsets.lowerBound, default: []].append(batch)
            }
        }
        let lowest = wound.before?.epoch ?? -1
        let highest = max(lowest, wound.after?.epoch ?? .max)
        var agreed: [FoundBatch] = []
        for (offset, candidates) in found.sorted(by: { $0.key < $1.key }) {
            let batch = candidates[0]
            #if VARVE_PLANTED_BUGS
                if PlantedBug.firstDonorWins.isPlanted {
                    agreed.append(batch)
                    continue
                }
            #endif
            guard candidates.allSatisfy({ $0.isEqual(to: batch) }) else {
                refusals.append("the copies differ at offset \(offset)")
                continue
            }
            guard (lowest...highest).contains(batch.epoch) else {
                refusals.append(
                    "\(batch.path) has leader epoch \(batch.epoch) at offset \(offset), "
                        + "where none but \(lowest) to \(highest) can be")
                continue
            }
            // The neighbour that some copy knows is as good as any.
            agreed.append(candidates.first { $0.previousEnd != nil } ?? batch)
        }
        return agreed
    }

    // MARK: Joining

    private mutating func join(
        _ batches: [FoundBatch], _ wound: Wound, _ offerings: [Offering], _ compactedTo: Offset?
    ) {
        var expected = wound.offsets.lowerBound
        var run = Run(batches: [])
        var epoch = wound.before?.epoch ?? -1
        for batch in batches where batch.offsets.lowerBound >= expected {
            guard batch.epoch >= epoch else {
                refusals.append("leader epochs go down at offset \(batch.offsets.lowerBound)")
                continue
            }
            if !follows(batch, expected, compactedTo) {
                left.append(expected..<batch.offsets.lowerBound)
                if !run.batches.isEmpty { runs.append(run) }
                run = Run(batches: [])
            }
            run.batches.append(batch)
            expected = batch.end
            epoch = batch.epoch
        }
        if !run.batches.isEmpty { runs.append(run) }
        guard expected < wound.offsets.upperBound else { return }
        // Where compaction took the last records, a copy shows the next batch right behind.
        let isClosed = offerings.contains { offering in
            offering.batches.contains {
                $0.offsets.lowerBound >= wound.offsets.upperBound
                    && follows($0, expected, compactedTo)
            }
        }
        if !isClosed { left.append(expected..<wound.offsets.upperBound) }
    }

    /// Whether nothing is missing between `expected` and the batch.
    private func follows(
        _ batch: FoundBatch, _ expected: Offset, _ compactedTo: Offset?
    ) -> Bool {
        if batch.offsets.lowerBound == expected { return true }
        guard let compactedTo, batch.offsets.lowerBound <= compactedTo else { return false }
        return batch.previousEnd == expected || batch.segmentBase == expected
    }
}
