import Testing
import VarveBytes
import VarveLinux
import VarveSystem
import VarveTerms
import VarveTesting

/// What docs/operations/testing.md shows, as it stands there.
@Suite("docs/operations/testing.md")
struct ExampleTests {
    @Test("orders that were acknowledged survive a power cut")
    func orders() async throws {
        let broker = try await LocalBroker(["num.partitions": "1"])
        // A program under test would connect to `broker.address` here.
        try await broker.append(["book", "lamp"], to: "orders")
        await broker.cutPower()
        try await broker.start()
        #expect(try await broker.records(of: "orders") == ["book", "lamp"])
    }

    @Test("an order is not acknowledged when the disk fails")
    func failingDisk() throws {
        let broker = try SimulatedBroker()
        try broker.append(["book"], to: "orders")
        broker.faults.failNextFlush()
        #expect(throws: TestBrokerError.self) { try broker.append(["lamp"], to: "orders") }
        broker.cutPower()
        try broker.start()
        #expect(try broker.records(of: "orders") == ["book"])
    }

    @Test("the page shows these tests")
    func page() throws {
        let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let page = try Self.lines(of: folder + "/docs/operations/testing.md")
        let here = try Self.lines(of: #filePath).map { $0.drop { $0 == " " } }
        var isExample = false
        var shown: [Substring] = []
        for line in page {
            if line.hasPrefix("```") {
                isExample = line == "```swift"
            } else if isExample {
                shown.append(line.drop { $0 == " " })
            }
        }
        // The first block is of a manifest.
        let tests = shown.drop { !$0.hasPrefix("@Test") }
        #expect(tests.count > 15)
        var place = here.startIndex
        for line in tests {
            place = try #require(here[place...].firstIndex(of: line), "'\(line)' is not in order")
        }
    }

    private static func lines(of path: String) throws -> [Substring] {
        let file = try OpenFile(path, .read, in: LinuxFileSystem())
        let copy = try file.copyBytes(at: .zero, count: try file.size().bytes)
        let text = String(decoding: copy.bytes(in: 0..<copy.count).array(), as: UTF8.self)
        return text.split(separator: "\n")
    }
}
