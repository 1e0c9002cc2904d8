internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Which positions of a `.log` its sidecar speaks of.
struct SidecarCoverage: Hashable, Sendable {
    /// The first position that is covered.
    var start: Int
    var entryCount: Int
    /// Where the last batch that has an entry starts.
    var lastPosition: Int

    func contains(_ position: Int) -> Bool {
        position >= start && entryCount > 0 && position <= lastPosition
    }
}

/// Holds batches against the entries of a sidecar, one batch after the other.
///
/// An entry that agrees with its batch is believed as it stands: nothing but the batch that was
/// written makes the two agree. Where they differ the sidecar's own checksums decide which of the
/// two is damaged.
struct SidecarCheck: Sendable {
    let coverage: SidecarCoverage
    let seed: UInt32
    /// Whether the sidecar is of another segment.
    let isForeign: Bool
    private let blockCount: Int
    private var window: SidecarWindow
    /// The entry that the next batch should have; nil before the first.
    private var next: Int?
    /// All blocks, once one disagreement was met.
    private var survey: KnownSurvey?

    /// - Parameter blockCount: how many whole blocks the file has, the seal among them.
    init(
        _ source: SidecarSource, coverage: SidecarCoverage, seed: UInt32, isForeign: Bool,
        blockCount: Int
    ) {
        self.coverage = coverage
        self.seed = seed
        self.isForeign = isForeign
        self.blockCount = blockCount
        window = SidecarWindow(source)
    }

    enum Verdict: Hashable, Sendable {
        /// Not a position that the sidecar covers.
        case notCovered
        /// The batch is the one that was written there.
        case sound
        case damaged(IntegrityDefect)
        /// The sidecar's own block is damaged there, so nothing is known.
        case blind
    }

    /// The same check over bytes with an owner of their own (`MappedBytes.apart`).
    func apart() -> SidecarCheck {
        let source = window.source
        var copy = self
        copy.window = SidecarWindow(
            SidecarSource(
                path: source.path, fileSystem: source.fileSystem,
                mapping: source.mapping?.apart()))
        return copy
    }

    /// What the sidecar says of the batch whose header stands at `start` of `bytes`, and at
    /// `position` of the `.log`.
    /// - Precondition: 21 bytes are there.
    /// - Complexity: O(1) for one batch after the other, O(log entries) for the first; O(sidecar)
    ///   where they disagree.
    mutating func verdict(
        on bytes: RawSpan, at start: Int = 0, position: Int
    ) -> Verdict {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.staleSectorAccepted.isPlanted { return .notCovered }
        #endif
        guard !isForeign else { return .damaged(.otherSegment) }
        guard coverage.contains(position) else { return .notCovered }
        let check = SidecarEntry.check(of: bytes, at: start, position: position, seed: seed)
        if let slot = slot(of: position), window.entry(slot)?.check == check {
            next = slot + 1
            return .sound
        }
        return examine(position, check)
    }

    /// The entry that names `position`, as the entries stand.
    private mutating func slot(of position: Int) -> Int? {
        if let next, let entry = entry(next), Int(entry.position) == position { return next }
        let slot = firstSlot(atOrAfter: position)
        guard let entry = entry(slot), Int(entry.position) == position else { return nil }
        return slot
    }

    /// An entry as it stands, not yet to be believed; nil outside of those that are covered.
    mutating func entry(_ slot: Int) -> SidecarEntry? {
        guard slot >= 0, slot < coverage.entryCount, !isForeign else { return nil }
        next = slot
        return window.entry(slot)
    }

    /// How many entries lie before `position`. Batches of a log are of like sizes, so a guess by
    /// proportion is near; halving bounds the bad cases.
    mutating func firstSlot(atOrAfter position: Int) -> Int {
        var (low, high) = (0, coverage.entryCount)
        var (lowPosition, highPosition) = (coverage.start, coverage.lastPosition + 1)
        var turn = 0
        while low < high {
            var probe = low + (high - low) / 2
            if turn % 3 != 2, highPosition > lowPosition {
                let share = Double(position - lowPosition) / Double(highPosition - lowPosition)
                let guess = low + Int(Double(high - low) * min(max(share, 0), 1))
                probe = min(max(guess, low), high - 1)
            }
            turn += 1
            guard let entry = window.entry(probe) else { return coverage.entryCount }
            if Int(entry.position) < position {
                low = probe + 1
                lowPosition = Int(entry.position)
            } else {
                high = probe
                highPosition = Int(entry.position)
            }
        }
        return low
    }

    /// Finds out whether batch or sidecar is damaged.
    private mutating func examine(_ position: Int, _ check: UInt32) -> Verdict {
        var fresh = SidecarWindow(window.source)
        let known =
            survey
            ?? KnownSurvey(SidecarSurvey(&fresh, blockCount: blockCount, seed: seed))
        survey = known
        switch known.survey.word(on: UInt32(clamping: position), seed: seed) {
        case .noBatch: return .damaged(.noBatchRecorded)
        case .blind, .notCovered: return .blind
        case .inBlock(let number):
            guard let recorded = fresh.check(at: position, inBlock: number) else {
                return .damaged(.noBatchRecorded)
            }
            return recorded == check
                ? .sound : .damaged(.otherBatch(recorded: recorded, computed: check))
        }
    }
}

/// Out of line, since a check is copied for each read and hardly any needs a survey.
private final class KnownSurvey: Sendable {
    let survey: SidecarSurvey

    init(_ survey: SidecarSurvey) { self.survey = survey }
}

extension SidecarWindow {
    /// What the block's entry for `position` says; nil when it has none.
    fileprivate mutating func check(at position: Int, inBlock number: Int) -> UInt32? {
        guard let lent = lend(number), let header = SidecarBlock(lent.bytes, number: number) else {
            return nil
        }
        let entries = header.entries(in: lent.bytes)
        for slot in 0..<header.count {
            let entry = SidecarEntry(entries, at: slot * SidecarLayout.Entry.size)
            if Int(entry.position) == position { return entry.check }
        }
        return nil
    }
}
