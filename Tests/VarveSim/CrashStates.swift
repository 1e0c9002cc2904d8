/// How far `CrashStates` goes.
public struct CrashPlan: Hashable, Sendable {
    /// After which operations power is cut.
    public enum Moments: Hashable, Sendable {
        /// After each, and before the first.
        case every
        /// Before each flush and after the last operation. With all subsets taken this reaches
        /// every durable state that `every` reaches, each with the most that a test may have
        /// acknowledged by then. Tears are fewer: they hit the last write at those moments.
        case beforeFlushes
    }

    public var moments = Moments.every
    /// The first moment: a count of operations. Leaves out what only set the stage.
    public var firstMoment = 0
    /// With at most this many pending atoms all their subsets are taken (12 make 4,096 states).
    public var subsetAtomCountMax = 12
    /// With more: none, all, each one omitted, at most this many omitted in pairs…
    public var doubleOmissionCountMax = 300
    /// …and this many random selections.
    public var randomCount = 1000
    /// Seeds of the random selections come from here, the moment and a count.
    public var seed: UInt64 = 0
    /// Distance between the bytes at which the last pending write is torn; 1 tears at every byte,
    /// nil leaves writes whole.
    public var tearStride: Int? = 1
    /// Whether selections are left out that leave the same disk as a smaller one.
    public var leavesOutEqual = false
    /// A last pending write of at most this many sectors is also torn into all subsets of them.
    public var tornSectorCountMax = 6

    public init() {}

    /// All subsets at every moment, and tears at every byte.
    public static var exhaustive: CrashPlan { CrashPlan() }

    /// No tears.
    public static var wholeWrites: CrashPlan {
        var plan = CrashPlan()
        plan.tearStride = nil
        return plan
    }
}

/// Names one crash state of a trace. Its description is Swift, to paste into a test:
/// `trace.disk(at: <description>)` is that state again.
public struct CrashLabel: Hashable, Sendable {
    /// How many operations had happened.
    public var moment: Int
    public var selection: AtomSelection
    public var tear: Tear?

    public init(after moment: Int, keeping selection: AtomSelection, tearing tear: Tear? = nil) {
        self.moment = moment
        self.selection = selection
        self.tear = tear
    }
}

extension CrashLabel: CustomStringConvertible {
    public var description: String {
        let tear = tear.map { ", tearing: \($0)" } ?? ""
        return "CrashLabel(after: \(moment), keeping: \(selection)\(tear))"
    }
}

extension DiskTrace {
    /// The disk in one crash state.
    public func disk(
        at label: CrashLabel, clock: SimulatedClock = SimulatedClock()
    ) -> SimulatedDisk {
        SimulatedDisk(replaying: self, through: label.moment, clock: clock)
            .crash(keeping: label.selection, tearing: label.tear)
    }
}

/// Enumerates what power cuts may leave of a workload that ran once.
public enum CrashStates {
    /// Visits the crash states of `trace` that `plan` asks for. Each comes on a disk of its own.
    ///
    /// At each moment: all subsets of the pending atoms if they are few, else the selections that
    /// `plan` names; then the last pending write torn at every `tearStride`-th byte, with the rest
    /// zeros and with the file ending there, and torn into subsets of its sectors.
    ///
    /// - Parameter isWhole: for a moment whether all its states are to be visited; else only those
    ///   are that keep something of the operation before it: the others were there a moment ago,
    ///   if the plan takes every moment.
    /// - Returns: how many states were visited.
    /// - Complexity: per state, the number of files and pending atoms; contents are shared.
    @discardableResult
    public static func forEach<Failure: Error>(
        of trace: DiskTrace, under plan: CrashPlan = .exhaustive,
        clock: SimulatedClock = SimulatedClock(), whole isWhole: (Int) -> Bool = { _ in true },
        _ visit: (SimulatedDisk, CrashLabel) throws(Failure) -> Void
    ) throws(Failure) -> Int {
        guard (0...trace.count).contains(plan.firstMoment) else { return 0 }
        var cursor = CrashCursor(of: trace, at: plan.firstMoment, clock: clock)
        var count = 0
        while true {
            let moment = cursor.moment
            if plan.takes(moment, of: trace) {
                let isWhole = moment == plan.firstMoment || isWhole(moment)
                for (selection, tear) in plan.cuts(of: cursor.atoms, moment: moment)
                where (isWhole || cursor.isNews(selection, tear))
                    && !(plan.leavesOutEqual && tear == nil && cursor.isReducible(selection))
                {
                    count += 1
                    try visit(
                        cursor.disk(keeping: selection, tearing: tear),
                        CrashLabel(after: moment, keeping: selection, tearing: tear))
                }
            }
            guard cursor.advance() else { return count }
        }
    }
}

/// A walk through the moments of a trace, from each of which crashes start.
public struct CrashCursor {
    private let trace: DiskTrace
    private let clock: SimulatedClock
    private var image: DiskImage
    /// How many operations have happened.
    public private(set) var moment: Int
    /// The atoms from here on came with the last operation.
    private var newsStart: Int

    /// - Precondition: the trace has at least `moment` operations.
    public init(of trace: DiskTrace, at moment: Int = 0, clock: SimulatedClock) {
        (self.trace, self.clock, self.moment) = (trace, clock, moment)
        image = trace.image(after: moment)
        newsStart = 0
    }

    /// Lets the next operation happen.
    /// - Returns: false when there is none.
    public mutating func advance() -> Bool {
        guard moment < trace.count else { return false }
        newsStart = image.atoms.count
        image.perform(trace[moment])
        moment += 1
        // A flush takes atoms away and brings none.
        if trace[moment - 1].isFlush { newsStart = image.atoms.count }
        return true
    }

    var atoms: [Atom] { image.atoms }

    /// How many atoms are pending.
    public var atomCount: Int { image.atoms.count }

    /// How many bytes the last pending write has; nil when none is pending.
    public var lastWriteSize: Int? {
        image.atoms.last(where: \.isBytes).flatMap { atom in
            if case .bytes(_, _, let bytes) = atom.change { bytes.count } else { nil }
        }
    }

    /// Whether a cut keeps something of the last operation.
    func isNews(_ selection: AtomSelection, _ tear: Tear?) -> Bool {
        // A torn write comes with all else that is pending, and is another one after a flush.
        if tear != nil { return newsStart < atoms.count || trace[moment - 1].isFlush }
        guard newsStart < atoms.count else { return false }
        return selection.choices(of: atoms.count)[newsStart...].contains(true)
    }

    /// Whether a smaller selection, which is visited as well, leaves the same disk.
    func isReducible(_ selection: AtomSelection) -> Bool {
        guard case .mask = selection else { return false }
        let chosen = selection.choices(of: atoms.count)
        return image.effective(chosen) != chosen
    }

    /// The disk after a power cut at this moment.
    public func disk(keeping selection: AtomSelection, tearing tear: Tear? = nil) -> SimulatedDisk {
        SimulatedDisk(image.afterCut(keeping: selection, tearing: tear), trace.options, clock)
    }

    /// The disk as the next process finds it after the death of this one.
    public func diskAfterDeath() -> SimulatedDisk { SimulatedDisk(image, trace.options, clock) }
}

extension CrashPlan {
    fileprivate func takes(_ moment: Int, of trace: DiskTrace) -> Bool {
        switch moments {
        case .every: true
        case .beforeFlushes: moment == trace.count || trace[moment].isFlush
        }
    }

    /// The selections and tears to take where `atoms` are pending.
    fileprivate func cuts(of atoms: [Atom], moment: Int) -> [(AtomSelection, Tear?)] {
        selections(of: atoms.count, moment: moment).map { ($0, nil) }
            + tears(of: atoms).map { (.all, $0) }
    }

    private func selections(of count: Int, moment: Int) -> [AtomSelection] {
        if count <= min(subsetAtomCountMax, 30) {
            return (0..<UInt64(1) << UInt64(count)).map { .mask($0) }
        }
        var selections: [AtomSelection] = [.none, .all]
        selections += (0..<count).map { .omitting([$0]) }
        // Pairs, nearest neighbours first: what reorders is mostly close together.
        var pairs: [AtomSelection] = []
        for distance in 1..<count where pairs.count < doubleOmissionCountMax {
            pairs += (0..<count - distance).map { .omitting([$0, $0 + distance]) }
        }
        selections += pairs.prefix(doubleOmissionCountMax)
        var random = SplitMix64(seed: seed ^ UInt64(moment) &* 0x9E37_79B9_7F4A_7C15)
        selections += (0..<randomCount).map { _ in .random(seed: random.next()) }
        return selections
    }

    private func tears(of atoms: [Atom]) -> [Tear] {
        guard let stride = tearStride, let slot = atoms.lastIndex(where: \.isBytes),
            case .bytes(_, let position, let bytes) = atoms[slot].change
        else { return [] }
        let grew = atoms.contains { atom in
            if case .growth = atom.change { atom.ordinal == atoms[slot].ordinal } else { false }
        }
        var tears: [Tear] = []
        for count in Swift.stride(from: 1, to: bytes.count, by: max(stride, 1)) {
            tears.append(.prefix(count))
            if grew { tears.append(.shorter(count)) }
        }
        let sectorCount = Sector.parts(ofWriteAt: position, count: bytes.count).count
        if sectorCount > 1, sectorCount <= min(tornSectorCountMax, 16) {
            // All but none and all, which the selections have.
            tears += (1..<(UInt64(1) << UInt64(sectorCount)) - 1).map { .sectors($0) }
        }
        return tears
    }
}
