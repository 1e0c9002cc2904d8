internal import CCount
internal import Synchronization
internal import Varve
internal import VarveLinux
internal import VarveTerms

/// Sixteen threads that read one record after the other through one reader, while another thread
/// appends.
final class ReadingCrew: Sendable {
    private static let threadCount = 16
    /// How many records are there, and how often each thread reads.
    private static let (recordCount, readCount) = (1_000, 1_000)

    private let log: SharedLog
    private let finished = Atomic<Int>(0)
    private let waits = Atomic<Int>(0)

    /// - Returns: how often the readers waited, all together.
    static func run() throws -> Int {
        let outside = Outside.simulated()
        var surroundings = outside.surroundings
        surroundings.clock = LinuxClock()
        var settings = SharedSettings()
        settings.log = LogScene.settings(.pageCache)
        let crew = ReadingCrew(
            try SharedLog(outside.path, settings: settings, in: surroundings))
        for _ in 0..<recordCount { try crew.log.append("record") }
        for number in 0..<threadCount {
            let isStarted = LinuxThread.start(name: "count-\(number)") { crew.read() }
            precondition(isStarted, "a thread can be had")
        }
        while crew.finished.load(ordering: .acquiring) < threadCount {
            try crew.log.append("record")
        }
        try crew.log.close()
        return crew.waits.load(ordering: .acquiring)
    }

    private init(_ log: SharedLog) { self.log = log }

    private func read() {
        // The first reads look up what later ones find.
        for offset in 0..<20 { read(offset) }
        let before = varve_wait_count()
        for number in 0..<Self.readCount { read(number * 7 % Self.recordCount) }
        waits.add(Int(varve_wait_count() - before), ordering: .relaxed)
        finished.add(1, ordering: .releasing)
    }

    private func read(_ offset: Int) {
        let outcome = try? log.reader.read(from: Offset(Int64(offset)), sizeMax: .zero)
        guard case .batches = outcome else { preconditionFailure("no batch at \(offset)") }
    }
}
