/// Which of those who wait for the disk commits for all, and when. Pure: it is told what happens,
/// and touches no thread, no clock and no lock.
///
/// Appends gather in groups, one commit each. While one group is committed the next one gathers:
///
///     group 1  gathers │ commits          │ finished
///     group 2          │ gathers          │ gathers │ commits …
///                      take               finish    take
///
/// Who was answered with group 1 is about to come back, so group 2 is worth waiting for: a flush
/// for each half of the appenders takes twice the time of one for all. It is the last of those
/// expected who commits, at once and in its own thread. The first one to find itself short of
/// others lingers, asleep, so that it leaves the processor to them, and commits if they stay away.
///
/// *Invariants*: at most one has the committer's role; at most one lingers; somebody who waits
/// leads, or lingers, or waits for one who does.
struct Gathering: Sendable {
    /// What somebody is to do who waits for the group that gathers.
    enum Part: Hashable, Sendable {
        /// Take the role, which is had now, and commit.
        case lead
        /// Sleep until the group is finished, or for so long, and ask again.
        case linger(atMost: Duration)
        /// Sleep until the group is finished, or until woken to ask again.
        case follow
    }

    /// The number of the group that gathers. All before it are finished; of these the last one is
    /// not while somebody commits.
    private(set) var group = 1
    /// Whether somebody has the committer's role.
    private(set) var isCommitting = false
    /// How many appends the group that gathers is likely to get.
    private(set) var expected = 0
    /// How long to linger for them. No longer than a flush takes: so much is the most that there
    /// is to gain, and what a linger in vain costs is less than twice the best.
    private var limit = Duration.zero
    /// How many had come when somebody began to linger; nil while nobody does.
    private var countBeforeLinger: Int?
    /// How many commits do without a linger, after lingers in vain.
    private var lingersToSkip = 0
    private var lastSkipped = 0

    /// Shorter waits than this are over before a sleeping thread could run.
    private static let lingerMin = Duration.microseconds(10)
    private static let skippedMax = 64

    /// The part of somebody who waits for the group that gathers.
    /// - Parameters:
    ///   - count: how many appends the group has.
    ///   - hasLingered: whether it was told to linger for this group, and did.
    mutating func part(count: Int, hasLingered: Bool) -> Part {
        guard !isCommitting else { return .follow }
        if !hasLingered, isWorthWaiting(count) {
            guard countBeforeLinger == nil else { return .follow }
            countBeforeLinger = count
            return .linger(atMost: limit)
        }
        noteGathered(count)
        isCommitting = true
        return .lead
    }

    /// What the commit thread does, which cannot be replaced by the last one to come: it takes the
    /// role first and lingers with it.
    /// - Returns: how long it lingers at most; zero for not at all. Nil, with nothing changed, when
    ///   somebody else commits or lingers.
    mutating func partOfThread(count: Int) -> Duration? {
        guard !isCommitting, countBeforeLinger == nil else { return nil }
        isCommitting = true
        guard isWorthWaiting(count) else {
            noteGathered(count)
            return .zero
        }
        countBeforeLinger = count
        return limit
    }

    /// Takes the role, if it can be had, whoever lingers.
    mutating func takeRole() -> Bool {
        guard !isCommitting else { return false }
        isCommitting = true
        return true
    }

    private func isWorthWaiting(_ count: Int) -> Bool {
        count < expected && lingersToSkip == 0 && limit >= Self.lingerMin
    }

    /// Learns from whether those came who were waited for. A linger to which fewer than half of
    /// them came was in vain; each such one doubles how many commits do without, and a commit for
    /// which all came ends that.
    mutating func noteGathered(_ count: Int) {
        if count >= expected {
            (lingersToSkip, lastSkipped) = (0, 0)
        } else if let before = countBeforeLinger {
            let isInVain = 2 * (count - before) < expected - before
            lastSkipped = isInVain ? min(Self.skippedMax, max(1, 2 * lastSkipped)) : 0
            lingersToSkip = lastSkipped
        } else if lingersToSkip > 0 {
            lingersToSkip -= 1
        }
    }

    /// The committer takes what has gathered; another group begins.
    mutating func didTake() {
        precondition(isCommitting, "nobody commits")
        group += 1
        countBeforeLinger = nil
    }

    /// The commit is over: the role is free.
    /// - Parameters:
    ///   - count: how many appends were committed; those who made them will come again.
    ///   - gathered: how many have gathered meanwhile.
    ///   - limit: how long to linger at most for the others.
    mutating func didCommit(_ count: Int, gathered: Int, lingerMax limit: Duration) {
        isCommitting = false
        expected = count + gathered
        self.limit = limit
    }

    /// The group that gathered is given up with the commit that failed.
    mutating func didGiveUp() {
        group += 1
        expected = 0
        countBeforeLinger = nil
    }

    /// Whoever held the role without a commit gives it back.
    mutating func giveRoleBack() { isCommitting = false }
}
