public import VarveTerms

/// The file in a log's folder that keeps its `LeaderEpochHistory`.
///
/// *Source*: docs/formats/leader-epoch-checkpoint.md.
public struct LeaderEpochCheckpoint: WholeFileContent {
    public static let fileName = "leader-epoch-checkpoint"

    /// A row takes at most 10 + 1 + 19 + 1 bytes: 16 MiB hold 540,000 epochs, an election each
    /// minute for a year.
    public static let sizeMax = ByteCount.mib(16)

    public var history: LeaderEpochHistory

    public init(_ history: LeaderEpochHistory = LeaderEpochHistory()) { self.history = history }

    /// Reads the content of a checkpoint.
    /// - Throws: besides malformed rows, `.order` where a row does not lie above the row before it
    ///   in both numbers. Kafka writes no such file, but opens it; who wants to as well takes
    ///   `LeaderEpochHistory(appending: rows(of:))` and reports it.
    public init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        let rows = try Self.rows(of: bytes)
        for (slot, row) in rows.enumerated().dropFirst() where !row.liesAbove(rows[slot - 1]) {
            // The first row stands in line 3.
            throw CheckpointDefect(line: slot + 3, .order(found: row, previous: rows[slot - 1]))
        }
        history = LeaderEpochHistory(appending: rows)
    }

    /// The rows of a checkpoint as they stand, in order or not.
    public static func rows(of bytes: [UInt8]) throws(CheckpointDefect) -> [LeaderEpochEntry] {
        var rows: [LeaderEpochEntry] = []
        try CheckpointRows.parse(bytes) { (row, lines) throws(CheckpointDefect) in
            let parts = lines.parts(of: row)
            guard parts.count == 2 else {
                throw CheckpointDefect(
                    line: lines.number,
                    .shape(found: lines.excerpt(row), expected: "epoch and start offset"))
            }
            let epoch: Int32 = try lines.number("epoch", in: parts[0])
            let startOffset: Int64 = try lines.number("start offset", in: parts[1])
            rows.append(LeaderEpochEntry(LeaderEpoch(epoch), from: Offset(startOffset)))
        }
        return rows
    }

    public func printed() -> [UInt8] {
        var bytes = CheckpointRows.header(count: history.entries.count)
        for entry in history.entries {
            bytes += Array("\(entry.epoch) \(entry.startOffset)\n".utf8)
        }
        return bytes
    }
}
