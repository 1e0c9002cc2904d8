import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@testable import VarveLog

/// Feeding Kafka's batches through the engine's append makes Kafka's files again, where one life of
/// a broker wrote them.
@Suite("replay of Kafka's logs")
struct ReplayTests {
    /// Indexes that Kafka wrote in more than one life: at each clean end it leaves the closing
    /// entry of the time index in the middle, where a reopened log of this engine takes it back;
    /// and it counts the bytes between entries anew at restarts that no leader epoch shows.
    private static let severalLives: [String: Set<String>] = [
        "clean": [
            "__cluster_metadata-0/00000000000000000000.index",
            "__cluster_metadata-0/00000000000000000000.timeindex",
            "__transaction_state-1/00000000000000000000.timeindex",
            "transactions-0/00000000000000000072.timeindex",
        ],
        "killed": [
            "__cluster_metadata-0/00000000000000000000.index",
            "__cluster_metadata-0/00000000000000000000.timeindex",
            "__transaction_state-1/00000000000000000000.index",
            "__transaction_state-1/00000000000000000000.timeindex",
            "transactions-0/00000000000000000072.timeindex",
            "transactions-0/00000000000000000137.timeindex",
        ],
        "disk-a": [
            "__cluster_metadata-0/00000000000000000000.timeindex",
            "quick-0/00000000000000000000.timeindex",
        ],
        "node-1": [
            "__cluster_metadata-0/00000000000000000000.index",
            "__cluster_metadata-0/00000000000000000000.timeindex",
        ],
        "node-2": [
            "__cluster_metadata-0/00000000000000000000.index",
            "__cluster_metadata-0/00000000000000000000.timeindex",
        ],
    ]

    /// Compaction makes its indexes in its own way.
    private static let cleaned: Set = ["compacted-0/00000000000000000466.index"]

    /// Snapshots of which three producers are gone: their records are years older than the clock of
    /// the broker, which took them for expired in its second life.
    private static let expired: Set = ["idempotent-0/00000000000000000140.snapshot"]

    @Test("each segment's batches make its files again", arguments: GoldenSet.all)
    func segments(set: GoldenSet) throws {
        let files = try set.files()
        var tally = ReplayTally()
        for (name, segments) in try GoldenLog.all(in: files) {
            for segment in segments where !segment.batches.isEmpty {
                let replay = Replay(name, set.settings(name), files: files)
                let made = try replay.run([segment], isOneSegment: true)
                let stem = segment.stem
                tally.compare(".log", stem + ".log", made[stem + ".log"], segment.log)
                guard set.isModern else { continue }
                for suffix in ["index", "timeindex"] {
                    let path = stem + "." + suffix
                    tally.compare("." + suffix, path, made[path], files[path])
                }
            }
        }
        let known = (Self.severalLives[set.name] ?? []).union(Self.cleaned)
        #expect(tally.differences.subtracting(known) == [], "\(set.name)")
        print("golden \(set.name) | replay by segment | \(tally)")
    }

    @Test("each log's batches make its files again, rolls and all", arguments: GoldenSet.all)
    func logs(set: GoldenSet) throws {
        let files = try set.files()
        var tally = ReplayTally()
        for (name, segments) in try GoldenLog.all(in: files)
        where set.isModern && segments.contains(where: { !$0.batches.isEmpty }) {
            guard !set.isCompacted(name) else { continue }
            let replay = Replay(name, set.settings(name), files: files)
            let made = try replay.run(segments, isOneSegment: false)
            let folder = name.folder + "/"
            for path in Set(files.keys).union(made.keys) where path.hasPrefix(folder) {
                guard !isPassing(path, made, files) else { continue }
                tally.compareLogFile(path, made[path], files[path])
            }
        }
        let known = (Self.severalLives[set.name] ?? []).union(Self.expired)
        #expect(tally.differences.subtracting(known) == [], "\(set.name)")
        print("golden \(set.name) | replay by log | \(tally)")
    }

    /// Whether a snapshot is there, or not, for the moment only: Kafka keeps that of an earlier
    /// close until the next start, and a killed one wrote none at its end.
    private func isPassing(
        _ path: String, _ made: [String: [UInt8]], _ files: [String: [UInt8]]
    ) -> Bool {
        guard path.hasSuffix(".snapshot"), made[path] == nil || files[path] == nil else {
            return false
        }
        return files[path.dropLast(8) + "log"] == nil
    }
}
