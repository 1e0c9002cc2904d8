import Testing
import VarveLinux
import VarveLog
import VarveTerms

@testable import VarveKill
@testable import VarveProof

@Suite("Script")
struct ScriptTests {
    /// What the program of `script` tells that plays all of it in `path`.
    private func played(_ script: Script, in path: String) throws -> [ScriptEvent] {
        var events: [ScriptEvent] = []
        let owner = ScriptOwner(
            script, in: path, on: LinuxFileSystem(), bootID: LinuxProcess.bootID
        ) { events.append($0) }
        try owner.play(0..<script.steps.count)
        return events
    }

    private func judge(_ script: Script, in path: String) -> ScriptJudge {
        ScriptJudge(script, at: path, after: .process, bootID: LinuxProcess.bootID)
    }

    @Test("every canonical program leaves what it was told", arguments: Script.canonical.indices)
    func canonical(number: Int) throws {
        let script = Script.canonical[number]
        try withTemporaryDirectory { path in
            let history = ScriptHistory(of: script, telling: try played(script, in: path + "/d"))
            #expect(!history.expectations.isEmpty)
            let fault = judge(script, in: path + "/d").fault(expecting: history.expectations)
            #expect(fault == nil)
        }
    }

    @Test("a batch that was acknowledged and is gone is found")
    func lost() throws {
        let script = Script.firstAppends
        try withTemporaryDirectory { path in
            var events = try played(script, in: path + "/d")
            var more = ScriptEvent(.began, step: 3)
            more.written = 6
            events.append(more)
            more = ScriptEvent(.ended, step: 3)
            more.written = 8
            events.append(more)
            let history = ScriptHistory(of: script, telling: events)
            let fault = judge(script, in: path + "/d").fault(expecting: history.expectations)
            #expect(fault?.contains("ends at 6, acknowledged to 8") == true)
        }
    }

    @Test("a batch that nobody appended is found")
    func invented() throws {
        let script = Script.firstAppends
        try withTemporaryDirectory { path in
            let events = try played(script, in: path + "/d")
            let history = ScriptHistory(of: script, telling: events.filter { $0.step < 3 })
            let fault = judge(script, in: path + "/d").fault(expecting: history.expectations)
            #expect(fault?.contains("past what was appended") == true)
        }
    }

    @Test("an event reads back as it was told")
    func events() {
        var event = ScriptEvent(.failed, step: 300)
        (event.log, event.start, event.flushed, event.written) = (1, 2, 3, 1 << 40)
        #expect(ScriptEvent(words: event.words) == event)
        #expect(ScriptEvent(words: [99, 0, 0, 0]) == nil)
        #expect(ScriptEvent(words: [1]) == nil)
    }
}
