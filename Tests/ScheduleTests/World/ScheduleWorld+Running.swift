import VarveSim
import VarveSystem
import VarveTerms
import VarveTesting

@testable import VarveBroker

/// Time, and what goes wrong in it.
extension ScheduleWorld {
    /// How many steps go by while things go wrong.
    private static let troubledSteps = 1500
    /// After the last fault everything has to come to rest within this.
    private static let calmDuration = Duration.seconds(120)

    /// Runs a schedule to its end, or to the first violation.
    static func run(_ schedule: Schedule, isTraced: Bool = false) throws -> ScheduleWorld {
        let world = try ScheduleWorld(schedule)
        if isTraced { world.trace = [] }
        for _ in 0..<troubledSteps where world.violations.isEmpty {
            world.step()
            world.trouble()
        }
        guard world.violations.isEmpty else { return world.ended() }
        world.endTrouble()
        let deadline = world.now.advanced(by: calmDuration)
        while world.violations.isEmpty, world.now < deadline, !world.isSettled { world.step() }
        if world.violations.isEmpty {
            for member in world.members where !member.isGone && !member.isSettled {
                member.fail("does not come to rest: \(member.complaint)")
            }
            world.checkEnd()
        }
        return world.ended()
    }

    private var isSettled: Bool { members.allSatisfy { $0.isGone || $0.isSettled } }

    /// Lets go of members, which refer to themselves while they wait.
    private func ended() -> ScheduleWorld {
        tally.schedules = 1
        if !violations.isEmpty { traceLogs() }
        for member in members { member.die() }
        return self
    }

    // MARK: Steps

    private func step() {
        for member in members where !member.isGone {
            for line in member.lines { line.turn(now) }
        }
        let present = now
        for member in members where !member.isGone && member.wakesAt <= present { member.act() }
        members.removeAll(where: \.isGone)
        let hitCount = broker.disk.faultHitCount
        broker.turn()
        broker.turn()
        if broker.disk.faultHitCount != hitCount { note("disk fault hits") }
        // What cannot be kept is read anew, and with it who has what is forgotten.
        if broker.disk.faultHitCount != hitCount || isStateStopped { shares.forget(at: now) }
        pass()
        if chance(of: 40) { audit() }
    }

    private var isStateStopped: Bool {
        broker.broker?.partitions.partitions(of: ShareHost.stateTopic)
            .contains { $0.upkeep.isSuspect } ?? false
    }

    /// Lets time pass to the next event, or a little of it.
    private func pass() {
        let present = now
        var next = present.advanced(by: .seconds(1))
        var isBusy = false
        for member in members {
            next = min(next, member.wakesAt)
            for line in member.lines {
                if let deadline = line.deadline { next = min(next, deadline) }
                isBusy = isBusy || line.isBusy(at: present)
            }
        }
        if let deadline = broker.broker?.nextDeadline { next = min(next, deadline) }
        let least = present.advanced(by: .milliseconds(Int.random(in: 1...4, using: &random)))
        next = isBusy ? least : max(next, least)
        broker.clock.advance(by: next.duration(since: present))
    }

    // MARK: Trouble

    private func trouble() {
        if let downUntil {
            if now >= downUntil { start() }
            return
        }
        if let badUntil, now >= badUntil { mendDisk() }
        switch Int.random(in: 0..<1500, using: &random) {
        case 0..<2: end(byPowerCut: false)
        case 2..<6: end(byPowerCut: true)
        case 6..<16: cutLine()
        case 16..<20: failDisk()
        case 20..<22: slowDisk()
        case 22..<24: fillDisk()
        default: break
        }
    }

    private func end(byPowerCut isCut: Bool) {
        note(isCut ? "power cut" : "kill")
        if isCut {
            tally.powerCuts += 1
            let keeping: AtomSelection =
                chance(of: 2) ? .none : chance(of: 2) ? .all : .random(seed: random.next())
            broker.cutPower(keeping: keeping)
        } else {
            tally.kills += 1
            broker.kill()
        }
        shares.forget(at: now)
        let span = chance(of: 3) ? Int.random(in: 0...3000, using: &random) : 0
        downUntil = now.advanced(by: .milliseconds(span))
    }

    private func start() {
        life += 1
        downUntil = nil
        if schedule.bug == nil, chance(of: 6) { failDisk() }
        if (try? broker.start()) == nil {
            // A disk that fails may keep it from starting; a disk that is well may not.
            broker.disk.clearFaults()
            mendDisk()
            do {
                try broker.start()
            } catch {
                fail("does not start: \(error)")
            }
        }
        note("start")
        audit()
    }

    private func cutLine() {
        tally.cutLines += 1
        let member = pick(members)
        member.lines.randomElement(using: &random)?.cut()
        // With its connection a sharer loses what it has.
        shares.release(member.name)
    }

    private func failDisk() {
        tally.diskFaults += 1
        let ordinal = Int.random(in: 0..<12, using: &random)
        note("disk fault at \(ordinal)")
        switch Int.random(in: 0..<4, using: &random) {
        case 0: broker.disk.fail(ordinal: ordinal, with: .inputOutput)
        case 1: broker.disk.fail(ordinal: ordinal, of: [.write, .reserve], with: .noSpace)
        default: broker.disk.fail(ordinal: ordinal, of: [.flush], with: .inputOutput)
        }
    }

    private func slowDisk() {
        tally.slowDisks += 1
        let span = Int.random(in: 1...300, using: &random)
        note("slow disk")
        broker.disk.flushDuration = .milliseconds(span)
        badUntil = now.advanced(by: .seconds(2))
    }

    private func fillDisk() {
        tally.fullDisks += 1
        note("full disk")
        broker.faults.fillDisk()
        badUntil = now.advanced(by: .milliseconds(Int.random(in: 10...3000, using: &random)))
    }

    private func mendDisk() {
        broker.disk.flushDuration = .zero
        broker.faults.makeRoom()
        badUntil = nil
    }

    private func endTrouble() {
        note("calm")
        broker.disk.clearFaults()
        mendDisk()
        if downUntil != nil { start() }
        broker.disk.clearFaults()
        becomeCalm()
    }
}
