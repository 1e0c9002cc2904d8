import Testing
import VarveTerms

@testable import VarveBroker

@Suite("UpkeepPlan")
struct UpkeepPlanTests {
    private var now = Instant(nanoseconds: 0)
    private let a = PartitionKey(topicID: UniqueID(high: 0, low: 7), index: 0)
    private let b = PartitionKey(topicID: UniqueID(high: 0, low: 7), index: 1)
    private let c = PartitionKey(topicID: UniqueID(high: 0, low: 8), index: 0)

    private func plan(_ change: (inout UpkeepSettings) -> Void = { _ in }) -> UpkeepPlan {
        var settings = UpkeepSettings()
        settings.scrubInterval = nil
        change(&settings)
        return UpkeepPlan(settings, now: now)
    }

    private func at(_ seconds: Int) -> Instant { now.advanced(by: .seconds(seconds)) }

    @Test("nothing is done before it is due, and nothing is due but retention")
    func idle() {
        var plan = plan()
        #expect(plan.nextDeadline == at(30))
        #expect(plan.next(at: at(29)) == nil)
        #expect(plan.next(at: at(30)) == .survey(.retention))
    }

    @Test("a round without logs is over at once, and the next one comes after the interval")
    func emptyRound() {
        var plan = plan()
        #expect(plan.next(at: at(30)) == .survey(.retention))
        plan.didSurvey(.retention, [], at: at(30))
        #expect(plan.next(at: at(30)) == .conclude(.retention))
        plan.didConclude(.retention, at: at(31))
        #expect(plan.nextDeadline == at(330))
        #expect(plan.next(at: at(329)) == nil)
    }

    @Test("a round that takes longer than the interval is followed by the next at once")
    func longRound() {
        var plan = plan()
        _ = plan.next(at: at(30))
        plan.didSurvey(.retention, [a], at: at(30))
        #expect(plan.next(at: at(30)) == .visit(.retention, a))
        plan.didVisit(.retention, .done, at: at(500))
        #expect(plan.next(at: at(500)) == .conclude(.retention))
        plan.didConclude(.retention, at: at(500))
        #expect(plan.nextDeadline == at(500))
    }

    @Test("logs are visited in the order of the survey, and one that needs more again")
    func order() {
        var plan = plan()
        _ = plan.next(at: at(30))
        plan.didSurvey(.retention, [a, b], at: at(30))
        #expect(plan.next(at: at(30)) == .visit(.retention, a))
        plan.didVisit(.retention, .more, at: at(30))
        #expect(plan.next(at: at(30)) == .visit(.retention, a))
        plan.didVisit(.retention, .done, at: at(30))
        #expect(plan.next(at: at(30)) == .visit(.retention, b))
        plan.didVisit(.retention, .done, at: at(30))
        #expect(plan.next(at: at(30)) == .conclude(.retention))
    }

    @Test("after a slice the loop belongs to others for three times as long")
    func rest() {
        var plan = plan()
        _ = plan.next(at: at(30))
        plan.didSurvey(.retention, [a], at: at(30))
        plan.didRun(for: .milliseconds(2), at: at(30))
        let end = at(30).advanced(by: .milliseconds(6))
        #expect(plan.nextDeadline == end)
        #expect(plan.next(at: at(30).advanced(by: .milliseconds(5))) == nil)
        #expect(plan.next(at: end) == .visit(.retention, a))
    }

    @Test("what is asked for twice comes once, at the earlier time")
    func asked() {
        var plan = plan()
        plan.schedule(.checkpoint, at: at(10))
        plan.schedule(.checkpoint, at: at(20))
        #expect(plan.nextDeadline == at(10))
        #expect(plan.next(at: at(10)) == .survey(.checkpoint))
        plan.didSurvey(.checkpoint, [], at: at(10))
        _ = plan.next(at: at(10))
        plan.didConclude(.checkpoint, at: at(10))
        #expect(plan.nextDeadline == at(30))
    }

    @Test("a round asked for during a round follows it")
    func askedMeanwhile() {
        var plan = plan()
        plan.schedule(.checkpoint, at: at(10))
        _ = plan.next(at: at(10))
        plan.didSurvey(.checkpoint, [a], at: at(10))
        plan.schedule(.checkpoint, at: at(25))
        _ = plan.next(at: at(10))
        plan.didVisit(.checkpoint, .done, at: at(10))
        _ = plan.next(at: at(10))
        plan.didConclude(.checkpoint, at: at(10))
        #expect(plan.nextDeadline == at(25))
    }

    @Test("the log that is overdue is cleaned first, then the dirtiest; clean ones are not")
    func urgency() {
        var plan = plan()
        plan.schedule(.compaction, at: at(1))
        _ = plan.next(at: at(1))
        plan.didSurvey(.compaction, [a, b, c], at: at(1))
        #expect(plan.next(at: at(1)) == .look(a))
        plan.didLook(.init(isOverdue: false, dirtyRatio: 0.9))
        #expect(plan.next(at: at(1)) == .look(b))
        plan.didLook(nil)
        #expect(plan.next(at: at(1)) == .look(c))
        plan.didLook(.init(isOverdue: true, dirtyRatio: 0.1))
        #expect(plan.next(at: at(1)) == .visit(.compaction, c))
        plan.didVisit(.compaction, .done, at: at(1))
        #expect(plan.next(at: at(1)) == .visit(.compaction, a))
        plan.didVisit(.compaction, .done, at: at(1))
        #expect(plan.next(at: at(1)) == .conclude(.compaction))
    }

    @Test("where nothing needs cleaning the round ends with the looks")
    func nothingNeedy() {
        var plan = plan()
        plan.schedule(.compaction, at: at(1))
        _ = plan.next(at: at(1))
        plan.didSurvey(.compaction, [a], at: at(1))
        _ = plan.next(at: at(1))
        plan.didLook(nil)
        #expect(plan.next(at: at(1)) == .conclude(.compaction))
    }

    @Test("cleaning keeps to its rate, and other work goes on meanwhile")
    func rate() {
        var plan = plan { $0.cleanerRate = .mib(1) }
        plan.schedule(.compaction, at: at(1))
        _ = plan.next(at: at(1))
        plan.didSurvey(.compaction, [a], at: at(1))
        _ = plan.next(at: at(1))
        plan.didLook(.init(isOverdue: false, dirtyRatio: 1))
        _ = plan.next(at: at(1))
        plan.didVisit(.compaction, .more, moved: .mib(4), at: at(1))
        #expect(plan.next(at: at(1)) == nil)
        #expect(plan.nextDeadline == at(5))
        plan.schedule(.checkpoint, at: at(2))
        #expect(plan.next(at: at(2)) == .survey(.checkpoint))
        plan.didSurvey(.checkpoint, [], at: at(2))
        _ = plan.next(at: at(2))
        plan.didConclude(.checkpoint, at: at(2))
        #expect(plan.next(at: at(5)) == .visit(.compaction, a))
    }

    @Test("a long cleaning and a long scrub take turns, and short work goes before both")
    func turns() {
        var plan = plan { $0.scrubInterval = .seconds(3600) }
        plan.schedule(.compaction, at: at(1))
        plan.schedule(.scrub, at: at(1))
        #expect(plan.next(at: at(1)) == .survey(.compaction))
        plan.didSurvey(.compaction, [a], at: at(1))
        #expect(plan.next(at: at(1)) == .survey(.scrub))
        plan.didSurvey(.scrub, [b], at: at(1))
        #expect(plan.next(at: at(1)) == .look(a))
        plan.didLook(.init(isOverdue: false, dirtyRatio: 1))
        #expect(plan.next(at: at(1)) == .visit(.scrub, b))
        plan.didVisit(.scrub, .more, at: at(1))
        #expect(plan.next(at: at(1)) == .visit(.compaction, a))
        plan.didVisit(.compaction, .more, at: at(1))
        plan.schedule(.removal, at: at(1))
        #expect(plan.next(at: at(1)) == .survey(.removal))
        plan.didSurvey(.removal, [], at: at(1))
        #expect(plan.next(at: at(1)) == .conclude(.removal))
        plan.didConclude(.removal, at: at(1))
        #expect(plan.next(at: at(1)) == .visit(.scrub, b))
    }

    @Test("a shorter interval of retention counts at once, a scrub that is turned off is not begun")
    func changed() {
        var plan = plan { $0.scrubInterval = .seconds(3600) }
        var settings = plan.settings
        settings.retentionInterval = .seconds(5)
        settings.scrubInterval = nil
        plan.change(settings, now: now)
        #expect(plan.next(at: at(5)) == .survey(.retention))
        plan.didSurvey(.retention, [], at: at(5))
        _ = plan.next(at: at(5))
        plan.didConclude(.retention, at: at(5))
        #expect(plan.nextDeadline == at(10))
    }
}
