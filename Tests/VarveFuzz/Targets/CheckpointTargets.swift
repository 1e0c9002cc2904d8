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
        epochRows,
    ]

    private static func target<Content: WholeFileContent>(
        _ name: String, _ type: Content.Type, _ suffixes: [String]
    ) -> FuzzTarget {
        FuzzTarget(name, seeds: .files(suffixes)) { input throws(FuzzFailure) in
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
