internal import VarveBytes
internal import VarveLog
internal import VarveTerms

/// Binary files beside the segments: producers, aborted transactions, and `varve.ends`.
enum StateTargets {
    static let all: [FuzzTarget] = [snapshot, transactions, ends]

    private static let snapshot = FuzzTarget(
        "producer-snapshot", seeds: .files([".snapshot"]), repair: Stamps.snapshot
    ) { input throws(FuzzFailure) in
        guard let file = ProducerSnapshotFile(parsing: input.array()) else { return .refused }
        try expect(
            file.producers.count * 38 <= input.byteCount, "\(file.producers.count) producers")
        return file.isCRCRight ? .accepted : .refused
    }

    private static let transactions = FuzzTarget(
        "transaction-index", seeds: .files([".txnindex"])
    ) { input throws(FuzzFailure) in
        guard let file = TransactionIndexFile(parsing: input.array()) else { return .refused }
        try expect(file.transactions.count * 34 == input.byteCount, "\(file.transactions.count)")
        return .accepted
    }

    private static let ends = FuzzTarget("ends-file", seeds: .ends, repair: Stamps.ends) {
        input throws(FuzzFailure) in
        guard let ends = PublishedEnds(file: input) else { return .refused }
        try expect(
            ends.ends.start <= ends.ends.flushed && ends.ends.flushed <= ends.ends.written,
            "\(ends.ends)")
        var printed = ByteBuffer()
        ends.print(into: &printed)
        try expect(PublishedEnds(slot: printed.bytes) == ends, "a slot is printed as another")
        return .accepted
    }
}
