import VarveTerms

@testable import VarveLog

/// How many files of a replay are Kafka's own, byte for byte, and which are not.
struct ReplayTally: CustomStringConvertible {
    private var equal: [String: Int] = [:]
    private var all: [String: Int] = [:]
    private(set) var differences: Set<String> = []

    mutating func compare(_ kind: String, _ path: String, _ made: [UInt8]?, _ kafka: [UInt8]?) {
        let isEqual =
            made == kafka || isSnapshot(kind, made, kafka) || isOpenIndex(kind, made, kafka)
            || isHistory(kind, made, kafka)
        all[kind, default: 0] += 1
        if isEqual { equal[kind, default: 0] += 1 } else { differences.insert(path) }
    }

    /// Compares what both write of a log in the same way: batches, indexes, snapshots, aborted
    /// transactions, epochs.
    mutating func compareLogFile(_ path: String, _ made: [UInt8]?, _ kafka: [UInt8]?) {
        let name = path.drop { $0 != "/" }.dropFirst()
        let suffix = name.split(separator: ".").last.map(String.init) ?? ""
        if name == "leader-epoch-checkpoint" {
            compare("epochs", path, made, kafka)
        } else if ["log", "index", "timeindex", "txnindex", "snapshot"].contains(suffix) {
            compare("." + suffix, path, made, kafka)
        }
    }

    /// Indexes of a killed broker have their full size, with zeros behind the entries, and lack the
    /// entry that closes a time index.
    private func isOpenIndex(_ kind: String, _ made: [UInt8]?, _ kafka: [UInt8]?) -> Bool {
        guard kind.hasSuffix("index"), let made, let kafka, kafka.count > 60_000 else {
            return false
        }
        let closing = kind == ".timeindex" ? 12 : 0
        return [0, closing].contains { size in
            let kept = made.dropLast(size)
            return kafka.starts(with: kept) && kafka.dropFirst(kept.count).allSatisfy { $0 == 0 }
        }
    }

    /// Kafka also has the epochs of leaders that appended nothing; and where records were deleted
    /// from the front, its first epoch starts with the log.
    private func isHistory(_ kind: String, _ made: [UInt8]?, _ kafka: [UInt8]?) -> Bool {
        guard kind == "epochs", let made, let kafka,
            var mine = try? LeaderEpochCheckpoint(parsing: made).history,
            let theirs = try? LeaderEpochCheckpoint(parsing: kafka).history
        else { return false }
        if let first = theirs.entries.first { mine.truncate(fromStart: first.startOffset) }
        return Set(mine.entries).isSubset(of: theirs.entries)
    }

    /// Of several producers the order is nobody's promise.
    private func isSnapshot(_ kind: String, _ made: [UInt8]?, _ kafka: [UInt8]?) -> Bool {
        guard kind == ".snapshot", let made, let kafka,
            let mine = ProducerSnapshotFile(parsing: made),
            let theirs = ProducerSnapshotFile(parsing: kafka)
        else { return false }
        return mine.producers.count > 1 && mine.isCRCRight
            && Set(mine.producers) == Set(theirs.producers)
    }

    var description: String {
        all.keys.sorted().map { "\($0) \(equal[$0, default: 0])/\(all[$0, default: 0])" }
            .joined(separator: ", ")
    }
}
