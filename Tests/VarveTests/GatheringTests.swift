import Testing
import VarveSim

@testable import Varve

@Suite("Gathering")
struct GatheringTests {
    private let limit = Duration.microseconds(100)

    /// A gathering after a commit of so many, with the role free.
    private func after(_ count: Int, meanwhile gathered: Int = 0) -> Scene {
        let scene = Scene(limit)
        #expect(scene.part(count: 1, hasLingered: false) == .lead)
        scene.commit(count, meanwhile: gathered)
        return scene
    }

    @Test("who appends alone leads at once, each time")
    func alone() {
        let gathering = Scene(limit)
        for group in 1...10 {
            #expect(gathering.group == group)
            #expect(gathering.part(count: 1, hasLingered: false) == .lead)
            gathering.commit(1)
        }
    }

    @Test("the first to come back lingers, the next ones follow, and the last one leads")
    func last() {
        let gathering = after(4)
        #expect(gathering.part(count: 1, hasLingered: false) == .linger(atMost: limit))
        #expect(gathering.part(count: 2, hasLingered: false) == .follow)
        #expect(gathering.part(count: 3, hasLingered: false) == .follow)
        #expect(gathering.part(count: 4, hasLingered: false) == .lead)
        #expect(gathering.part(count: 5, hasLingered: false) == .follow)
        // The one who lingered wakes beside the commit.
        #expect(gathering.part(count: 5, hasLingered: true) == .follow)
    }

    @Test("one who came first and left the others behind is waited for by them")
    func joined() {
        // Three came while the fourth was committed alone.
        let gathering = after(1, meanwhile: 3)
        #expect(gathering.expected == 4)
        #expect(gathering.part(count: 3, hasLingered: false) == .linger(atMost: limit))
        #expect(gathering.part(count: 4, hasLingered: false) == .lead)
    }

    @Test("nobody lingers for longer than a flush takes, nor for less than it takes to wake up")
    func short() {
        let gathering = after(4)
        #expect(gathering.takeRole())
        gathering.commit(4, lingerMax: .microseconds(9))
        #expect(gathering.part(count: 1, hasLingered: false) == .lead)
    }

    @Test("each linger in vain doubles how many commits do without one, up to 64")
    func inVain() {
        let gathering = after(16)
        var skipped: [Int] = []
        for _ in 0..<9 {
            var count = 0
            while case .lead = gathering.part(count: 1, hasLingered: false) {
                count += 1
                // As many as ever seem to be about, and never come together.
                gathering.commit(1, meanwhile: 15)
            }
            skipped.append(count)
            #expect(gathering.part(count: 2, hasLingered: true) == .lead)
            gathering.commit(2, meanwhile: 14)
        }
        #expect(skipped == [0, 1, 2, 4, 8, 16, 32, 64, 64])
    }

    @Test("a linger to which half of the others come was worth it")
    func half() {
        let gathering = after(17)
        for count in [9, 9, 9] {
            #expect(gathering.part(count: 1, hasLingered: false) == .linger(atMost: limit))
            #expect(gathering.part(count: count, hasLingered: true) == .lead)
            gathering.commit(count, meanwhile: 17 - count)
        }
        #expect(gathering.part(count: 1, hasLingered: false) == .linger(atMost: limit))
        #expect(gathering.part(count: 8, hasLingered: true) == .lead)
        gathering.commit(8, meanwhile: 9)
        #expect(gathering.part(count: 1, hasLingered: false) == .lead)
    }

    @Test("the commit thread takes the role first and lingers with it, unless somebody does")
    func thread() {
        let gathering = after(4)
        #expect(gathering.partOfThread(count: 1) == limit)
        #expect(gathering.part(count: 2, hasLingered: false) == .follow)
        #expect(gathering.partOfThread(count: 2) == nil)
        gathering.noteGathered(4)
        gathering.commit(4)
        #expect(gathering.part(count: 1, hasLingered: false) == .linger(atMost: limit))
        #expect(gathering.partOfThread(count: 2) == nil)
        #expect(gathering.part(count: 2, hasLingered: true) == .lead)
        gathering.commit(2)
        #expect(gathering.partOfThread(count: 2) == .zero)
    }

    @Test("what is given up with a failed commit is a group of its own, and nobody waits for it")
    func givenUp() {
        let gathering = after(4)
        #expect(gathering.takeRole())
        gathering.commit(4, meanwhile: 3)
        gathering.didGiveUp()
        #expect(gathering.group == 4)
        #expect(gathering.part(count: 1, hasLingered: false) == .lead)
    }

    @Test(
        "whatever happens, there is one committer at most, and whoever waits is not left alone",
        arguments: 1...40)
    func neverAlone(seed: UInt64) {
        var crowd = Crowd(random: SplitMix64(seed: seed))
        for _ in 0..<2_000 {
            crowd.step()
            #expect(crowd.isAttended, "seed \(seed)")
            if !crowd.isAttended { return }
        }
        crowd.comeToAnEnd()
        #expect(crowd.gathered == 0)
    }
}

/// A gathering that can be asked within an expectation.
private final class Scene {
    private var gathering = Gathering()
    private let limit: Duration

    init(_ limit: Duration) { self.limit = limit }

    var group: Int { gathering.group }
    var expected: Int { gathering.expected }

    func part(count: Int, hasLingered: Bool) -> Gathering.Part {
        gathering.part(count: count, hasLingered: hasLingered)
    }

    func partOfThread(count: Int) -> Duration? { gathering.partOfThread(count: count) }

    func takeRole() -> Bool { gathering.takeRole() }

    func noteGathered(_ count: Int) { gathering.noteGathered(count) }

    /// Commits what has gathered, in the role that somebody took.
    func commit(_ count: Int, meanwhile gathered: Int = 0, lingerMax: Duration? = nil) {
        gathering.didTake()
        gathering.didCommit(count, gathered: gathered, lingerMax: lingerMax ?? limit)
    }

    func didGiveUp() { gathering.didGiveUp() }
}

/// Appenders and holders of the role in some random order.
private struct Crowd {
    var random: SplitMix64
    var gathering = Gathering()
    /// Submissions of the group that gathers.
    var gathered = 0
    /// How many of these wait, so that they have to be looked after.
    private var waiting = 0
    private var isLingering = false
    /// What whoever has the role does with it.
    private var role: Role?

    private enum Role: Equatable {
        case lingering
        case committing(count: Int)
        case cutting
    }

    init(random: SplitMix64) { self.random = random }

    /// Somebody who waits is going to act, or somebody acts for them.
    var isAttended: Bool {
        (role != nil) == gathering.isCommitting
            && (waiting == 0 || role != nil || isLingering)
    }

    private mutating func take() {
        gathering.didTake()
        role = .committing(count: gathered)
        (gathered, waiting, isLingering) = (0, 0, false)
    }

    private mutating func act(_ part: Gathering.Part) {
        switch part {
        case .lead: take()
        case .linger: isLingering = true
        case .follow: break
        }
    }

    mutating func step() {
        switch UInt8.random(in: 0..<16, using: &random) {
        case 0..<6: arrive()
        case 6 where isLingering: act(gathering.part(count: gathered, hasLingered: true))
        case 7 where gathered > 0 && role == nil:
            guard let limit = gathering.partOfThread(count: gathered) else { return }
            if limit > .zero { role = .lingering } else { take() }
        case 8 where gathered > 0 && gathering.takeRole(): take()
        case 9 where gathered == 0 && gathering.takeRole(): role = .cutting
        case 10: gathered += 1
        default: goOn()
        }
    }

    private mutating func arrive() {
        gathered += 1
        waiting += 1
        act(gathering.part(count: gathered, hasLingered: false))
    }

    /// Whoever has the role does the next step.
    private mutating func goOn() {
        switch role {
        case nil: return
        case .lingering:
            gathering.noteGathered(gathered)
            return take()
        case .cutting: gathering.giveRoleBack()
        case .committing(let count):
            gathering.didCommit(count, gathered: gathered, lingerMax: .microseconds(100))
            if UInt8.random(in: 0..<10, using: &random) == 0 {
                gathering.didGiveUp()
                (gathered, waiting) = (0, 0)
            }
        }
        role = nil
        // One of those who wait is woken, and asks.
        if waiting > 0 { act(gathering.part(count: gathered, hasLingered: false)) }
    }

    mutating func comeToAnEnd() {
        while role != nil || waiting > 0 {
            if role == nil, isLingering {
                act(gathering.part(count: gathered, hasLingered: true))
            } else {
                goOn()
            }
        }
        gathered = 0
    }
}
