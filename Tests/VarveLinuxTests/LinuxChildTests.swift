import Testing
import VarveSystem

@testable import VarveLinux

@Suite("LinuxChild")
struct LinuxChildTests {
    private func text(of child: LinuxChild) throws -> String {
        var text: [UInt8] = []
        while true {
            var piece = [UInt8](repeating: 0, count: 64)
            var span = piece.mutableSpan
            var bytes = unsafe span.mutableBytes
            guard case .bytes(let count) = try child.output.read(into: &bytes) else { break }
            text += piece.prefix(count)
        }
        return String(decoding: text, as: UTF8.self)
    }

    @Test("a program that is not there, or an argument that C would cut, is refused")
    func refused() {
        #expect(throws: FileError(.run, "/no/such/program", .notFound)) {
            try LinuxChild(starting: "/no/such/program", [])
        }
        #expect(throws: FileError(.run, "/bin/echo", .invalid)) {
            try LinuxChild(starting: "/bin/echo", ["a\0b"])
        }
    }

    @Test("what a program says is read to its end, and its exit code told")
    func output() throws {
        let child = try LinuxChild(
            starting: "/bin/sh", ["-c", "echo \"$0-$1\"; cat; exit 7", "a b", ""])
        #expect(try text(of: child) == "a b-\n")
        #expect(child.wait() == .exited(7))
        // Asked again it says the same, and kills nobody.
        child.kill()
        #expect(child.wait() == .exited(7))
    }

    @Test("a program is killed in its middle; what it said before is still read")
    func killed() throws {
        let child = try LinuxChild(starting: "/bin/sh", ["-c", "echo here; exec sleep 100"])
        #expect(child.output.isReadable(within: .seconds(100)))
        child.kill()
        #expect(child.wait().isKill)
        #expect(try text(of: child) == "here\n")
    }

    @Test("no program inherits another one's pipe")
    func inheritance() throws {
        let first = try LinuxChild(starting: "/bin/sh", ["-c", "exec sleep 100"])
        let second = try LinuxChild(starting: "/bin/sh", ["-c", "exec sleep 100"])
        first.kill()
        // Would wait for the second program if that held the first one's pipe open.
        #expect(try text(of: first) == "")
        second.kill()
    }
}
