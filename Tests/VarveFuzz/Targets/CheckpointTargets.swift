internal import VarveBytes
internal import VarveLog
internal import VarveTerms

/// The text files of a data directory: what parses is printed and parsed again as the same.
enum CheckpointTargets {
    static let all: [FuzzTarget] = [
        target("offset-checkpoint", OffsetCheckpoint.self, ["-offset-checkpoint"]),
        target("epoch-checkpoint", LeaderEpochCheckpoint.self, ["leader-epoch-checkpoint"]),
        target("meta-properties", MetaProperties.self, [MetaProperties.fileName]),
        target("partition-metadata", PartitionMetadata.self, [PartitionMetadata.fileName]),
        target("clean-marker", CleanShutdownMarker.self, [CleanShutdownMarker.fileName]),
        target(
            "quarantine", Quarantine.self, seeds: .quarantines, repair: Stamps.quarantine),
        target("scrub-mark", ScrubMark.self, seeds: .scrubMarks),
        epochRows,
    ]

    private static func target<Content: WholeFileContent>(
        _ name: String, _ type: Content.Type, _ suffixes: [String]
    ) -> FuzzTarget {
        target(name, type, seeds: .files(suffixes))
    }

    private static func target<Content: WholeFileContent>(
        _ name: String, _ type: Content.Type, seeds: SeedRule, repair: FuzzTarget.Repair? = nil
    ) -> FuzzTarget {
        FuzzTarget(name, seeds: seeds, repair: repair) { input throws(FuzzFailure) in
            let content: Content
            do throws(CheckpointDefect) {
                content = try Content(parsing: input.array())
            } catch {
                try expect(error.line >= 1, "line \(error.line)")
                try expect(error.description.utf8.count < 4096, "an error without end")
                return .refused
            }
            let printed = content.printed()
            do throws(CheckpointDefect) {
                let again = try Content(parsing: printed)
                try same(again, content)
            } catch {
                throw FuzzFailure("what it prints is refused: \(error)")
            }
            return .accepted
        }
    }

    /// A failed check as a defect, so that one kind of error leaves the block around it.
    private static func same<Content: Equatable>(
        _ again: Content, _ content: Content
    ) throws(CheckpointDefect) {
        guard again == content else {
            throw CheckpointDefect(line: 1, .missing(name: "what was read: \(content)"))
        }
    }

    // MARK: Seeds

    /// Ranges apart, touching, of several segments, and none.
    static var quarantines: [[UInt8]] {
        [
            [], [(0, 80..<170, 1..<3)],
            [(0, 0..<80, 0..<1), (0, 80..<80, 9..<12), (40, 7..<9, 40..<41)],
        ]
        .map { (ranges: [(Int64, Range<Int>, Range<Int64>)]) in
            var quarantine = Quarantine()
            for (base, positions, offsets) in ranges {
                quarantine.insert(
                    FencedRange(
                        segment: Offset(base),
                        positions: FilePosition(
                            positions.lowerBound)..<FilePosition(positions.upperBound),
                        offsets: Offset(offsets.lowerBound)..<Offset(offsets.upperBound),
                        reason: "the checksum is another one",
                        found: Timestamp(milliseconds: 1_700_000_000_000)))
            }
            return quarantine.printed()
        }
    }

    static var scrubMarks: [[UInt8]] {
        [("log", 0, 0), ("orders.eu", 17, 4_096)].compactMap { topic, base, position in
            LogName(topic: topic, partition: 3).map { log in
                ScrubMark(
                    log,
                    Scrub.Mark(segment: Offset(base), position: FilePosition(position))
                ).printed()
            }
        }
    }

    /// Rows in any order, as Kafka takes them, become a history that grows.
    private static let epochRows = FuzzTarget(
        "epoch-rows", seeds: .files(["leader-epoch-checkpoint"])
    ) { input throws(FuzzFailure) in
        guard let rows = try? LeaderEpochCheckpoint.rows(of: input.array()) else { return .refused }
        let entries = LeaderEpochHistory(appending: rows).entries
        for (entry, next) in zip(entries, entries.dropFirst()) {
            try expect(
                entry.epoch < next.epoch && entry.startOffset < next.startOffset,
                "\(next) follows \(entry)")
        }
        return .accepted
    }
}
