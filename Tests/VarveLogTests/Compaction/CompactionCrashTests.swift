import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

/// A cleaning that ends at any operation, by a power cut or by a call that fails: readers of
/// committed records see what was there before some group of segments was replaced, or after it,
/// and the producers are known as before.
@Suite("compaction, crashes")
struct CompactionCrashTests {
    /// What is wrong with a log that was opened after the end of another life.
    private func fault(of next: LogOnDisk, _ scene: CompactionScene) throws -> String? {
        let report = next.log.recovery
        if !report.damaged.isEmpty || !report.gaps.isEmpty || report.cut != nil {
            return "recovery: \(report)"
        }
        let view = try CompactionScene.committed(next.log)
        guard scene.views.contains(view) else { return "a view that never was: \(view)" }
        for (id, last) in scene.sequences where next.log.producer(id)?.lastSequence != last {
            return "producer \(id): \(String(describing: next.log.producer(id)))"
        }
        let leftovers = next.disk.paths.filter { path in
            [".swap", ".cleaned", ".deleted"].contains { path.hasSuffix($0) }
        }
        if !leftovers.isEmpty { return "left: \(leftovers)" }
        return nil
    }

    /// The log takes appends, can be cleaned to the end, and has the same records then.
    private func faultOfGoingOn(_ next: LogOnDisk, _ scene: CompactionScene) throws -> String? {
        let before = CompactionScene.table(try CompactionScene.committed(next.log))
        try next.append(bytes: try LogFixture.keyed([("after", "x")]))
        try next.log.roll()
        let reports = try next.log.clean(now: CompactionScene.now)
        guard reports.last?.ending == .done else { return "then cleaned: \(reports)" }
        var after = CompactionScene.table(try CompactionScene.committed(next.log))
        guard after.removeValue(forKey: "after") == "x", after == before else {
            return "then: \(after) not \(before)"
        }
        var findings: [String] = []
        _ = try Verification.directory(LogOnDisk.path, in: next.disk) { finding in
            if finding.severity != .note { findings.append("\(finding)") }
        }
        return findings.isEmpty ? nil : "verified: \(findings)"
    }

    private func plan(from moment: Int) -> CrashPlan {
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = moment
        plan.subsetAtomCountMax = 5
        plan.doubleOmissionCountMax = 10
        plan.randomCount = 6
        return plan
    }

    private func fingerprint(of disk: SimulatedDisk) -> Int {
        var hasher = Hasher()
        for path in disk.paths {
            hasher.combine(path)
            hasher.combine(disk.contents(path))
        }
        return hasher.finalize()
    }

    @Test("a power cut at any operation of a cleaning leaves the old view or the new one")
    func powerCuts() throws {
        let scene = try CompactionScene(rounds: 6)
        try scene.clean()
        #expect(scene.views.count >= 2)
        var seen: Set<Int> = []
        var faults: [String] = []
        CrashStates.forEach(
            of: scene.disk.trace, under: plan(from: scene.firstMoment), clock: scene.disk.clock
        ) { disk, label in
            guard faults.count < 3, seen.insert(fingerprint(of: disk)).inserted else { return }
            do {
                let next = try LogOnDisk(
                    disk, settings: CompactionScene.settings(), bootID: UniqueID(high: 2, low: 2))
                if let fault = try fault(of: next, scene) { faults.append("\(label): \(fault)") }
                guard seen.count % 8 == 0 else { return }
                if let fault = try faultOfGoingOn(next, scene) {
                    faults.append("\(label), going on: \(fault)")
                }
            } catch {
                faults.append("\(label): threw \(error)")
            }
        }
        #expect(faults == [])
        #expect(seen.count > 200, "only \(seen.count) states")
    }

    @Test("a power cut at any operation of the recovery after one, too")
    func powerCutsInRecovery() throws {
        let scene = try CompactionScene(rounds: 4)
        try scene.clean()
        var faults: [String] = []
        var seen: Set<Int> = []
        let trace = scene.disk.trace
        for moment in scene.firstMoment...trace.count where faults.count < 3 {
            for selection in [AtomSelection.none, .all] {
                let disk = SimulatedDisk(
                    replaying: trace, through: moment, clock: scene.disk.clock
                ).crash(keeping: selection)
                guard disk.paths.contains(where: { $0.hasSuffix(".swap") }) else { continue }
                let settings = CompactionScene.settings()
                _ = try LogOnDisk(disk, settings: settings, bootID: UniqueID(high: 2, low: 2))
                CrashStates.forEach(of: disk.trace, under: plan(from: 0), clock: disk.clock) {
                    again, label in
                    guard seen.insert(fingerprint(of: again)).inserted else { return }
                    do {
                        let next = try LogOnDisk(
                            again, settings: settings, bootID: UniqueID(high: 2, low: 3))
                        if let fault = try fault(of: next, scene) {
                            faults.append("after \(moment) \(selection), \(label): \(fault)")
                        }
                    } catch {
                        faults.append("after \(moment) \(selection), \(label): threw \(error)")
                    }
                }
            }
        }
        #expect(faults == [])
        #expect(seen.count > 50, "only \(seen.count) states")
    }

    @Test(
        "a call that fails leaves the log serving, and the next cleaning completes",
        arguments: [SystemError.inputOutput, .noSpace], [FaultMode.once, .forGood])
    func failingCalls(_ error: SystemError, _ mode: FaultMode) throws {
        let kinds: Set<FileError.Operation>? =
            error == .noSpace
            ? Set<FileError.Operation>.changing.union([.open, .flush, .flushDirectory]) : nil
        var ordinal = 0
        while true {
            let scene = try CompactionScene(rounds: 3)
            let before = try CompactionScene.committed(scene.home.log)
            scene.disk.fail(ordinal: ordinal, of: kinds, with: error, mode: mode)
            // What was met first ends it; whether it ends with an error depends on the call.
            _ = try? scene.home.log.clean(now: CompactionScene.now, step: ByteCount(300))
            let hits = scene.disk.faultHitCount
            scene.disk.clearFaults()
            guard hits > 0 else { break }
            let label = "\(error) \(mode), call \(ordinal)"
            let table = CompactionScene.table(before)
            #expect(
                CompactionScene.table(try CompactionScene.committed(scene.home.log)) == table,
                "\(label)")
            let receipt = try scene.home.append(bytes: try LogFixture.keyed([("after", "x")]))
            #expect(!receipt.isEmpty)
            let dead = scene.disk.crash(keeping: ordinal % 2 == 0 ? .none : .all)
            let next = try LogOnDisk(
                dead, settings: CompactionScene.settings(), bootID: UniqueID(high: 2, low: 2))
            var found = CompactionScene.table(try CompactionScene.committed(next.log))
            #expect(found.removeValue(forKey: "after") == "x", "\(label)")
            #expect(found == table, "\(label), after a cut")
            #expect(next.log.recovery.damaged == [], "\(label)")
            try scene.home.log.roll()
            let reports = try scene.home.log.clean(now: CompactionScene.now)
            #expect(reports.last?.ending == .done, "\(label)")
            found = CompactionScene.table(try CompactionScene.committed(scene.home.log))
            #expect(found.removeValue(forKey: "after") == "x", "\(label)")
            #expect(found == table, "\(label), cleaned")
            ordinal += 1
        }
        #expect(ordinal > 20, "only \(ordinal) calls")
    }
}
