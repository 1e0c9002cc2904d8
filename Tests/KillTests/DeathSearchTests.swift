import Testing
import VarveLinux
import VarveSystem

@testable import VarveKill

@Suite("DeathSearch")
struct DeathSearchTests {
    /// The program lies beside the tests that are being run; it forks, which tests cannot.
    private func run(_ words: [String]) throws -> (ending: LinuxChild.Ending, said: String) {
        let child = try LinuxChild(starting: KillLoopTests.program, words)
        var said: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 12)
        while true {
            var span = piece.mutableSpan
            var bytes = unsafe span.mutableBytes
            guard case .bytes(let count) = try child.output.read(into: &bytes) else { break }
            said += piece.prefix(count)
        }
        return (child.wait(), String(decoding: said, as: UTF8.self))
    }

    /// In memory where that can be had: a death costs hundreds of flushes.
    private var parent: String {
        let memory = "/dev/shm"
        let status = try? LinuxFileSystem().status(at: memory)
        return status?.kind == .directory ? memory : "/tmp"
    }

    @Test("a slice of all deaths, and of second ones in the recovery, breaks no promise")
    func slice() throws {
        try withTemporaryDirectory(in: parent) { path in
            let (ending, said) = try run(
                ["deaths", path + "/d", "--name", "slice", "--stride", "211", "--for", "60"])
            #expect(ending == .exited(0), "\(said)")
            #expect(said.split(separator: "\n").count == 2)
            #expect(!said.contains("\"cases\":0,"))
        }
    }

    @Test("a case is played again from its text")
    func replay() throws {
        try withTemporaryDirectory(in: parent) { path in
            #expect(try run(["deaths", path + "/d", "--case", "1:7:8:4:-1"]).ending == .exited(0))
            // A call that is never made: the process lives, and that is told.
            let (ending, said) = try run(["deaths", path + "/d", "--case", "1:9999:-1"])
            #expect(ending == .exited(1))
            #expect(said.contains("not made again"))
        }
    }

    @Test("each call has its moments, a write also those amid it")
    func plans() {
        let plans = DeathSearch.plans(of: [
            .init(operation: .open), .init(operation: .write, size: 61),
            .init(operation: .write, size: 1),
        ])
        #expect(plans.map(\.ordinal) == [1, 1, 2, 2, 2, 2, 2, 3, 3])
        #expect(plans[2].moment == .before)
        #expect(plans[4].moment == .amid(sixteenths: 0))
    }

    @Test(
        "a case's text reads back", arguments: ["3:12:-1", "0:1:17", "1:7:8:4:-1", "11:2:0:9:17"])
    func text(words: String) {
        #expect(DeathSearch.Case(parsing: words)?.description == words)
    }

    @Test(
        "words that are no case are refused",
        arguments: ["", "1:2", "99:1:-1", "1:1:18", "1:1:0:2"])
    func refused(words: String) { #expect(DeathSearch.Case(parsing: words) == nil) }
}
