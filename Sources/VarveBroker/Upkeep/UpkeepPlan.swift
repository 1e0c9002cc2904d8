internal import VarveLog
internal import VarveTerms

/// Which background work is next, when, and how much of it. Pure.
///
/// Each kind of work goes in rounds: a *survey* says which logs there are to visit, each is
/// visited, in one step or many, and the round is concluded. Steps are short; several make a slice
/// of at most `sliceMax`, after which the loop belongs to its clients for three times as long as
/// the slice took.
///
///     due ──► survey ──► look at each ──► visit … visit ──► conclude ──► due again, or idle
///                        (compaction)
///
/// *Invariant*: while nothing is due and no round is on, `nextDeadline` is when something will be,
/// and no call in between changes that but `schedule`.
struct UpkeepPlan {
    /// What is to be done next.
    enum Step: Hashable {
        /// Tell which logs the round goes through, by `didSurvey`.
        case survey(UpkeepKind)
        /// Tell how urgently a log needs cleaning, by `didLook`.
        case look(PartitionKey)
        /// Work on a log, and tell whether it is done by `didVisit`.
        case visit(UpkeepKind, PartitionKey)
        /// The round is over; tell it by `didConclude`.
        case conclude(UpkeepKind)
    }

    /// Whether a visit has to go on.
    enum Progress: Hashable { case done, more }

    /// How urgently a log needs cleaning: one that is overdue before one that is dirty.
    struct Urgency: Hashable, Comparable {
        var isOverdue: Bool
        var dirtyRatio: Double

        static func < (left: Urgency, right: Urgency) -> Bool {
            guard left.isOverdue == right.isOverdue else { return right.isOverdue }
            return left.dirtyRatio < right.dirtyRatio
        }
    }

    private enum Phase { case idle, surveying, looking, visiting, concluding }

    private struct Round {
        var phase = Phase.idle
        /// When the next round begins; nil for not before somebody asks for it.
        var due: Instant?
        var began = Instant(nanoseconds: 0)
        /// Logs that are not visited yet, the next one last.
        var waiting: [PartitionKey] = []
        /// Logs that were looked at and need work.
        var needy: [(key: PartitionKey, urgency: Urgency)] = []
        /// When its rate allows the next step.
        var notBefore = Instant(nanoseconds: .min)
        var pace: CleaningPace?
    }

    /// A slice ends after the step that passes this: what a request waits at most for work that it
    /// has no part in, but for a step that the disk holds up.
    static let sliceMax = Duration.milliseconds(1)
    /// On a clock that stands still a slice ends all the same.
    static let stepCountMax = 64
    /// A quarter of the loop's time at most goes to slices.
    private static let restFactor = 3
    /// The first round of retention, as in Kafka; by then clients have come back.
    private static let firstDelay = Duration.seconds(30)

    private(set) var settings: UpkeepSettings
    private var rounds = UpkeepKind.allCases.map { _ in Round() }
    /// When the loop's time may be used again.
    private var restEnd = Instant(nanoseconds: .min)
    /// Long works take turns.
    private var scrubIsNext = false

    init(_ settings: UpkeepSettings, now: Instant) {
        self.settings = settings
        schedule(.retention, at: now.advanced(by: Self.firstDelay))
        if settings.scrubInterval != nil {
            schedule(.scrub, at: now.advanced(by: Self.firstDelay))
        }
    }

    // MARK: When

    /// When there is something to do; nil for never.
    var nextDeadline: Instant? {
        var earliest: Instant?
        for round in rounds {
            let wanted = round.phase == .idle ? round.due : round.notBefore
            guard let wanted else { continue }
            earliest = min(earliest ?? wanted, wanted)
        }
        return earliest.map { max($0, restEnd) }
    }

    /// Whether a round of a kind is on.
    func isOn(_ kind: UpkeepKind) -> Bool { rounds[kind.rawValue].phase != .idle }

    /// Has a round of `kind` begin at `moment`, or earlier if one is due before.
    mutating func schedule(_ kind: UpkeepKind, at moment: Instant) {
        let due = rounds[kind.rawValue].due
        rounds[kind.rawValue].due = min(due ?? moment, moment)
    }

    /// Goes on with other settings: what is due keeps its time, but not beyond a new interval.
    mutating func change(_ new: UpkeepSettings, now: Instant) {
        guard new != settings else { return }
        let old = settings
        settings = new
        if new.retentionInterval != old.retentionInterval {
            schedule(.retention, at: now.advanced(by: new.retentionInterval))
        }
        if new.cleanerBackoff != old.cleanerBackoff,
            rounds[UpkeepKind.compaction.rawValue].due != nil
        {
            schedule(.compaction, at: now.advanced(by: new.cleanerBackoff))
        }
        if new.cleanerRate != old.cleanerRate { setPace(.compaction, new.cleanerRate, now) }
        if new.scrubRate != old.scrubRate { setPace(.scrub, new.scrubRate, now) }
        if new.scrubInterval != old.scrubInterval {
            rounds[UpkeepKind.scrub.rawValue].due = nil
            if let interval = new.scrubInterval {
                schedule(.scrub, at: now.advanced(by: min(interval, Self.firstDelay)))
            }
        }
    }

    private mutating func setPace(_ kind: UpkeepKind, _ rate: ByteCount?, _ now: Instant) {
        rounds[kind.rawValue].pace = rate.map { CleaningPace($0, now: now) }
        rounds[kind.rawValue].notBefore = Instant(nanoseconds: .min)
    }

    // MARK: What

    /// The next step; nil when none is due. Whoever takes it tells of its end before the next.
    mutating func next(at now: Instant) -> Step? {
        guard now >= restEnd else { return nil }
        let last: [UpkeepKind] = scrubIsNext ? [.scrub, .compaction] : [.compaction, .scrub]
        for kind in [.recovery, .checkpoint, .removal, .retention] + last {
            guard let step = next(kind, now) else { continue }
            if kind == .scrub { scrubIsNext = false }
            if kind == .compaction { scrubIsNext = true }
            return step
        }
        return nil
    }

    private mutating func next(_ kind: UpkeepKind, _ now: Instant) -> Step? {
        let place = kind.rawValue
        switch rounds[place].phase {
        case .idle:
            guard let due = rounds[place].due, due <= now else { return nil }
            rounds[place].due = nil
            rounds[place].phase = .surveying
            rounds[place].began = now
            return .survey(kind)
        case .surveying: return .survey(kind)
        case .looking: return rounds[place].waiting.last.map { .look($0) }
        case .visiting:
            guard now >= rounds[place].notBefore else { return nil }
            return rounds[place].waiting.last.map { .visit(kind, $0) }
        case .concluding: return .conclude(kind)
        }
    }

    /// The logs that this round goes through, in order.
    mutating func didSurvey(_ kind: UpkeepKind, _ logs: [PartitionKey], at now: Instant) {
        let place = kind.rawValue
        precondition(rounds[place].phase == .surveying, "a survey of \(kind) that nobody asked for")
        rounds[place].waiting = logs.reversed()
        rounds[place].needy = []
        rounds[place].phase =
            logs.isEmpty ? .concluding : kind == .compaction ? .looking : .visiting
        switch kind {
        case .compaction: setPace(kind, settings.cleanerRate, now)
        case .scrub: setPace(kind, settings.scrubRate, now)
        case .recovery, .checkpoint, .removal, .retention: break
        }
    }

    /// The log that was to be looked at needs cleaning that urgently; nil for not at all.
    mutating func didLook(_ urgency: Urgency?) {
        let place = UpkeepKind.compaction.rawValue
        precondition(rounds[place].phase == .looking, "a look that nobody asked for")
        let key = rounds[place].waiting.removeLast()
        if let urgency { rounds[place].needy.append((key, urgency)) }
        guard rounds[place].waiting.isEmpty else { return }
        // The most urgent one last: it is visited first.
        rounds[place].needy.sort { $0.urgency < $1.urgency }
        rounds[place].waiting = rounds[place].needy.map(\.key)
        rounds[place].needy = []
        rounds[place].phase = rounds[place].waiting.isEmpty ? .concluding : .visiting
    }

    /// What the visit came to, and how many bytes it moved.
    mutating func didVisit(
        _ kind: UpkeepKind, _ progress: Progress, moved: ByteCount = .zero, at now: Instant
    ) {
        let place = kind.rawValue
        precondition(rounds[place].phase == .visiting, "a visit of \(kind) that nobody asked for")
        if progress == .done {
            rounds[place].waiting.removeLast()
            if rounds[place].waiting.isEmpty { rounds[place].phase = .concluding }
        }
        if let pause = rounds[place].pace?.pause(after: moved, now: now), pause > .zero {
            rounds[place].notBefore = now.advanced(by: pause)
        }
    }

    mutating func didConclude(_ kind: UpkeepKind, at now: Instant) {
        let place = kind.rawValue
        precondition(rounds[place].phase == .concluding, "an end of \(kind) before its time")
        rounds[place].phase = .idle
        rounds[place].waiting = []
        rounds[place].notBefore = Instant(nanoseconds: .min)
        let began = rounds[place].began
        switch kind {
        case .retention:
            schedule(kind, at: max(now, began.advanced(by: settings.retentionInterval)))
        case .scrub:
            guard let interval = settings.scrubInterval else { return }
            schedule(kind, at: max(now, began.advanced(by: interval)))
        case .recovery, .checkpoint, .removal, .compaction: break
        }
    }

    /// A slice took so long; the loop is its clients' for a while.
    mutating func didRun(for time: Duration, at now: Instant) {
        restEnd = now.advanced(by: time * Self.restFactor)
    }
}
