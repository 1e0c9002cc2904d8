import Testing
import Varve
import VarveBytes
import VarveLinux
import VarveSystem

@Suite("the example of the README")
struct EmbedExampleTests {
    @Test("it runs, and leaves its three records in a cleanly closed log")
    func runs() async throws {
        try await withTemporaryDirectory { path in
            try await example(path)
            let log = try SharedLog(path)
            #expect(log.recovery.isClean)
            #expect(try values(of: log) == ["signed up", "signed in", "signed out"])
        }
    }

    @Test("it stands in the README to the letter, and takes twelve lines")
    func stands() throws {
        let tests = try lines(of: #filePath.replacing("EmbedExampleTests", with: "EmbedExample"))
        let code = Array(tests.drop { !$0.hasPrefix("import") })
        let readme = try lines(
            of: #filePath.replacing("Tests/VarveTests/EmbedExampleTests.swift", with: "README.md"))
        let start = try #require(readme.firstIndex(of: "```swift"))
        let block = readme[(start + 1)...].prefix { $0 != "```" }
        #expect(Array(block) == code)
        #expect(code.filter { $0.hasPrefix("    ") || $0.hasPrefix("func") }.count <= 12)
    }

    private func lines(of path: String) throws -> [String] {
        let file = try OpenFile(path, .read, in: LinuxFileSystem())
        let bytes = try file.copyBytes(at: .zero, count: try file.size().bytes)
        let text = String(decoding: bytes.bytes(in: 0..<bytes.count).array(), as: UTF8.self)
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}
