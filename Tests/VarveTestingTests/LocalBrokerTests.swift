import Testing
import VarveBroker
import VarveLinux
import VarveSystem
import VarveTesting

@Suite("LocalBroker")
struct LocalBrokerTests {
    private let topic = "clicks"

    @Test("a property that is wrong is refused, and a real disk takes no faults")
    func refusals() async {
        await #expect(throws: TestBrokerError.self) {
            try await LocalBroker(["num.partitions": "none"])
        }
    }

    @Test("several brokers serve side by side, each its own data")
    func sideBySide() async throws {
        let first = try await LocalBroker()
        let second = try await LocalBroker()
        #expect(first.port != second.port)
        try await first.append(["a"], to: topic)
        try await second.append(["b"], to: topic)
        #expect(try await first.records(of: topic) == ["a"])
        #expect(try await second.records(of: topic) == ["b"])
        try await first.stop()
        try await second.stop()
    }

    @Test("after a kill, a power cut and an end in order it serves on the same port")
    func lives() async throws {
        let broker = try await LocalBroker()
        try await broker.append(["a"], to: topic)
        await broker.kill()
        #expect(await !broker.isRunning)
        await #expect(throws: TestBrokerError.self) { try await broker.records(of: "clicks") }
        try await broker.start()
        try await broker.append(["b"], to: topic)
        await broker.cutPower()
        try await broker.start()
        try await broker.append(["c"], to: topic)
        try await broker.stop()
        try await broker.start()
        #expect(try await broker.records(of: topic) == ["a", "b", "c"])
    }

    @Test("unflushed records go with the power")
    func unflushed() async throws {
        let broker = try await LocalBroker(["varve.flush.policy": "page-cache"])
        try await broker.append(["a"], to: topic)
        await broker.cutPower()
        try await broker.start()
        #expect(try await broker.records(of: topic) == [])
    }

    @Test("faults hit: a failed flush, a refused connection")
    func faults() async throws {
        let broker = try await LocalBroker()
        try await broker.append(["a"], to: topic)
        broker.faults.refuseConnections(1)
        await #expect(throws: TestBrokerError.self) { try await broker.records(of: "clicks") }
        broker.faults.failNextFlush()
        await #expect(throws: TestBrokerError.self) {
            try await broker.append(["b"], to: "clicks")
        }
        #expect(try await broker.records(of: topic) == ["a"])
    }

    @Test("on a real disk data outlives a kill, and the folder goes with the broker")
    func realDisk() async throws {
        var folder = ""
        do {
            let broker = try await LocalBroker(storage: .realDisk)
            folder = broker.settings.directories[0]
            try await broker.append(["a"], to: topic)
            await broker.kill()
            try await broker.start()
            #expect(try await broker.records(of: topic) == ["a"])
            try await broker.stop()
        }
        #expect(folder.hasPrefix("/tmp/varve-testing-"))
        #expect(try LinuxFileSystem().status(at: folder) == nil)
    }

    @Test("the broker's clock is the test's where the test says so")
    func time() async throws {
        let broker = try await LocalBroker(["log.retention.ms": "1000"], time: .advancedByTest)
        try await broker.append(["a"], to: topic)
        #expect(try await broker.records(of: topic) == ["a"])
        await broker.advance(by: .seconds(3600))
        try await broker.append(["b"], to: topic)
        #expect(try await broker.records(of: topic) == ["b"])
    }
    @Test("a broker that has nothing to do sleeps, while its clock stands still as well")
    func sleeps() async throws {
        let broker = try await LocalBroker(time: .advancedByTest)
        try await broker.append(["a"], to: topic)
        let before = await broker.turnCount
        // A loop that does not sleep turns ten thousand times meanwhile.
        try await Task.sleep(for: .milliseconds(200))
        #expect(await broker.turnCount - before < 500)
    }
}
