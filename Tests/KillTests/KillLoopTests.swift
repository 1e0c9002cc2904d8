import Testing
import VarveLinux
import VarveLog
import VarveRecords
import VarveTerms

@testable import VarveKill

@Suite("KillLoop")
struct KillLoopTests {
    /// The program lies beside the tests that are being run.
    static let program: String = {
        let tests = CommandLine.arguments.first ?? ""
        return (tests.lastIndex(of: "/").map { String(tests[...$0]) } ?? "") + "varve-kill"
    }()

    private func loop(in directory: String, seed: UInt64, kills: Int = 5) -> KillLoop {
        var options = KillOptions(seed: seed)
        options.directory = directory
        options.kills = kills
        options.windowMs = 40
        options.segmentSize = .kib(64)
        return KillLoop(options: options, program: Self.program)
    }

    @Test("a log survives five kills in the middle of durable appends")
    func kills() throws {
        try withTemporaryDirectory { path in
            var loop = loop(in: path, seed: 0x5eed)
            #expect(loop.run() == .finished)
            #expect(loop.tally.violations == [])
            #expect(loop.tally.kills == 5)
            #expect(loop.tally.checks > 0)
        }
    }

    @Test("a record that somebody else put into the log is found")
    func strangers() throws {
        try withTemporaryDirectory { path in
            var first = loop(in: path, seed: 1, kills: 3)
            #expect(first.run() == .finished)
            try #require(first.model.settledEnd > 0)
            var second = loop(in: path, seed: 2)
            #expect(second.run() == .violated)
            #expect(second.tally.violations.contains(.invented(offset: 0, nil)))
        }
    }

    @Test("a child that cannot open the log is a violation, not a wait")
    func unusable() throws {
        try withTemporaryDirectory { path in
            try LinuxFileSystem().makeDirectory(path + "/meta.properties")
            var loop = loop(in: path, seed: 0x5eed)
            #expect(loop.run() == .violated)
        }
    }

    @Test("damage, gaps, and records that may have been acknowledged are no work of a kill")
    func impossible() throws {
        var report = RecoveryReport(path: "log-0", knownFlushed: .zero, endOffset: .zero)
        #expect(report.impossible == nil)
        report.gaps = [.zero..<Offset(3)]
        #expect(report.impossible != nil)
        report.gaps = []
        report.damaged = [
            CorruptRange(
                path: "0.log", positions: .zero..<FilePosition(9), offsets: .zero..<Offset(3),
                defect: .unreadable)
        ]
        #expect(report.impossible != nil)
    }
}
