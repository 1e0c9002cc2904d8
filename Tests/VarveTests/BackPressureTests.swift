import Testing
import Varve
import VarveSim

@Suite("back-pressure")
struct BackPressureTests {
    private func settings() -> SharedSettings {
        var settings = SimulatedLog.settings()
        settings.unflushedSizeMax = ByteCount(1000)
        return settings
    }

    @Test("submissions past the limit are told to wait, and taken again after a commit")
    func full() throws {
        let log = try SimulatedLog().open(settings())
        let record = Record(value: [UInt8](repeating: 7, count: 300))
        var taken = 0
        while case .accepted = try log.submit(record) { taken += 1 }
        #expect(taken == 2)
        log.commit()
        _ = try accepted(log.submit(record))
        #expect(log.acknowledgedEnd == Offset(2))
    }

    @Test("one submission is taken however large it is: otherwise it could never be")
    func single() throws {
        let log = try SimulatedLog().open(settings())
        let offset: Offset = try log.append(Record(value: [UInt8](repeating: 7, count: 5000)))
        #expect(offset == .zero)
    }

    @Test("blocking and suspending appends wait for room by themselves")
    func waits() async throws {
        let log = try SimulatedLog().open(settings())
        await onThreads(4) { _ in
            for _ in 0..<20 {
                _ = try? log.append(Record(value: [UInt8](repeating: 7, count: 400)))
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    let record = Record(value: [UInt8](repeating: 8, count: 400))
                    _ = try await log.append(record) as Offset
                }
            }
            try await group.waitForAll()
        }
        #expect(log.ends.flushed == Offset(120))
        try log.close()
    }
}
