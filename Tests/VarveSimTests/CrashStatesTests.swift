import Testing
import VarveSim
import VarveSystem
import VarveTerms

@Suite("CrashStates")
struct CrashStatesTests {
    /// A disk on which everything happened that a disk knows of.
    static func busyDisk() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        disk.setContents("/planted", [1, 2, 3])
        try disk.makeDirectory("/d")
        try disk.flushDirectory("/")
        try disk.put("/d/a", "hello")
        try disk.flushFile("/d/a")
        try disk.put("/d/a", "HELLO WORLD")
        try disk.put("/d/b.tmp", "b")
        try disk.flushFile("/d/b.tmp")
        try disk.rename("/d/b.tmp", to: "/d/b")
        try disk.resizeFile("/d/a", to: 3)
        disk.failNext(.flush, with: .inputOutput)
        try? disk.flushFile("/d/a")
        try disk.put("/d/c", "c")
        try disk.removeFile("/d/c")
        try disk.makeDirectory("/e")
        try disk.removeDirectory("/e")
        try disk.flushDirectory("/d")
        try disk.put("/d/a", "end", at: 5)
        return disk
    }

    @Test("a trace replayed equals the disk that it was recorded on")
    func replay() throws {
        let disk = try Self.busyDisk()
        let replayed = SimulatedDisk(replaying: disk.trace)
        #expect(replayed.pendingAtoms.map(\.description) == disk.pendingAtoms.map(\.description))
        #expect(replayed.summary == disk.summary)
        for seed in 0..<100 as Range<UInt64> {
            let selection = AtomSelection.random(seed: seed)
            #expect(
                replayed.crash(keeping: selection).summary
                    == disk.crash(keeping: selection).summary)
        }
    }

    @Test("new files of a replayed disk do not share the identity of old ones")
    func newIdentity() throws {
        let disk = SimulatedDisk()
        try disk.put("/a", "a")
        let replayed = SimulatedDisk(replaying: disk.trace)
        try replayed.put("/b", "b")
        #expect(try replayed.status(at: "/a")?.identity != replayed.status(at: "/b")?.identity)
        try replayed.makeDirectory("/d")
        let again = SimulatedDisk(replaying: replayed.trace)
        try again.put("/c", "c")
        #expect(try again.status(at: "/d")?.kind == .directory)
        #expect(try again.status(at: "/c")?.identity != again.status(at: "/d")?.identity)
    }

    @Test("a replay through an ordinal is the disk as it was then")
    func prefix() throws {
        let disk = SimulatedDisk()
        var summaries = [disk.summary]
        for text in ["a", "b", "c"] {
            try disk.put("/\(text)", text)
            summaries.append(disk.summary)
        }
        for (count, summary) in summaries.enumerated() {
            #expect(SimulatedDisk(replaying: disk.trace, through: 2 * count).summary == summary)
        }
    }

    @Test("the trace holds what was done, in order, with the written bytes")
    func traceEntries() throws {
        let disk = SimulatedDisk()
        try disk.put("/a", "xyz", at: 2)
        try disk.flushFile("/a")
        try disk.rename("/a", to: "/b")
        #expect(
            disk.trace.map(\.description) == [
                "#0 create /a", "#1 write 3 at 2 /a", "#2 flush /a", "#3 rename /a to b",
            ])
        #expect(disk.trace[1].bytes == [UInt8]("xyz".utf8))
        #expect(disk.operationCount == 4)
    }

    @Test("all subsets of the pending atoms are visited, each once, at every moment")
    func subsets() throws {
        let disk = SimulatedDisk()
        try disk.put("/a", "ab")
        try disk.flushFile("/a")
        try disk.put("/a", "cd", at: 2)
        var labels: [CrashLabel] = []
        let count = CrashStates.forEach(of: disk.trace, under: .wholeWrites) { _, label in
            labels.append(label)
        }
        // Pending: none, name, name + growth + bytes, name, name + growth + bytes.
        #expect(count == 1 + 2 + 8 + 2 + 8)
        #expect(labels.count == count)
        #expect(Set(labels).count == count)
    }

    @Test("leaving out what is equal, and what was there a moment ago, leaves no disk out")
    func leavingOut() throws {
        let trace = try Self.busyDisk().trace
        var plan = CrashPlan.exhaustive
        var all: Set<UInt64> = []
        let count = CrashStates.forEach(of: trace, under: plan) { disk, _ in
            all.insert(disk.fingerprint)
        }
        plan.leavesOutEqual = true
        var fewer: Set<UInt64> = []
        let isWhole = { (_: Int) in false }
        let fewerCount = CrashStates.forEach(of: trace, under: plan, whole: isWhole) { disk, _ in
            fewer.insert(disk.fingerprint)
        }
        #expect(all.subtracting(fewer).isEmpty)
        #expect(fewer.subtracting(all).isEmpty)
        #expect(fewerCount < count / 2)
    }

    @Test("each label leads back to the state that it was visited with")
    func labels() throws {
        let disk = try Self.busyDisk()
        let trace = disk.trace
        let count = CrashStates.forEach(of: trace) { disk, label in
            #expect(trace.disk(at: label).summary == disk.summary, "\(label)")
        }
        #expect(count > 500)
    }

    @Test("cutting power before flushes only reaches every durable state")
    func beforeFlushes() throws {
        let trace = try Self.busyDisk().trace
        var plan = CrashPlan.wholeWrites
        var every: Set<String> = []
        let everyCount = CrashStates.forEach(of: trace, under: plan) { disk, _ in
            every.insert(disk.summary)
        }
        plan.moments = .beforeFlushes
        var few: Set<String> = []
        let fewCount = CrashStates.forEach(of: trace, under: plan) { disk, _ in
            few.insert(disk.summary)
        }
        #expect(few == every)
        #expect(fewCount < everyCount)
    }

    @Test("many pending atoms are sampled: none, all, omissions, pairs, random ones")
    func sampling() throws {
        let disk = SimulatedDisk()
        for place in 0..<10 { try disk.put("/a", "x", at: place) }
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = disk.operationCount
        plan.doubleOmissionCountMax = 50
        plan.randomCount = 70
        var labels: Set<CrashLabel> = []
        let count = CrashStates.forEach(of: disk.trace, under: plan) { _, label in
            labels.insert(label)
        }
        #expect(disk.pendingAtoms.count == 21)
        #expect(count == 2 + 21 + 50 + 70)
        #expect(labels.count == count)
    }

    @Test("the last pending write is torn at every byte, and by sectors")
    func tears() throws {
        let disk = SimulatedDisk()
        disk.setContents("/a", [])
        try disk.put("/a", "abcd")
        var torn: Set<String> = []
        CrashStates.forEach(of: disk.trace) { disk, _ in torn.insert(disk.summary) }
        #expect(
            torn == [
                "/a=", "/a=....", "/a=a...", "/a=ab..", "/a=abc.", "/a=abcd", "/a=a", "/a=ab",
                "/a=abc",
            ])
        let large = SimulatedDisk()
        large.setContents("/a", [UInt8](repeating: 0, count: 1536))
        try large.put("/a", String(repeating: "x", count: 1536))
        var plan = CrashPlan()
        plan.tearStride = 2000
        plan.firstMoment = 1
        // 2 subsets of one atom, a tear after its first byte, and 2^3 − 2 subsets of its sectors.
        #expect(CrashStates.forEach(of: large.trace, under: plan) { _, _ in } == 9)
    }

    @Test("a visit that throws ends the enumeration")
    func thrown() throws {
        struct Enough: Error {}
        let trace = try Self.busyDisk().trace
        var count = 0
        #expect(throws: Enough.self) {
            try CrashStates.forEach(of: trace) { _, _ throws(Enough) in
                count += 1
                if count == 7 { throw Enough() }
            }
        }
        #expect(count == 7)
    }

    @Test("a visited disk has a trace of its own, for crashes of the recovery")
    func depthTwo() throws {
        let disk = SimulatedDisk()
        disk.setContents("/a", [])
        try disk.put("/a", "ab")
        var inner = 0
        CrashStates.forEach(of: disk.trace, under: .wholeWrites) { disk, label in
            guard label.moment == 1, label.selection == .mask(0b11) else { return }
            try? disk.resizeFile("/a", to: 1)
            var seen: Set<String> = []
            inner = CrashStates.forEach(of: disk.trace, under: .wholeWrites) { disk, _ in
                seen.insert(disk.summary)
            }
            #expect(seen == ["/a=ab", "/a=a"])
        }
        #expect(inner == 1 + 2)
    }

    @Test("a file that the trace starts with is there in every state")
    func plantedBase() throws {
        let trace = try Self.busyDisk().trace
        CrashStates.forEach(of: trace, under: .wholeWrites) { disk, _ in
            #expect(disk.contents("/planted") == [1, 2, 3])
        }
    }
}
