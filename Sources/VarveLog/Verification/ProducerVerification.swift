internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Holds the newest producer snapshot and each transaction index against the batches of the log.
///
/// Batches are compared only where they tell all: in a log that begins at its first record, or with
/// a snapshot at its first segment, and up to the first damage or sign of compaction, after which
/// batches may be gone whose traces both files keep.
struct ProducerVerification {
    private var states = ProducerStates()
    /// Whether the batches tell everything about producers so far.
    private var isSure: Bool
    private let startsAtZero: Bool
    private let newest: (offset: Offset, path: String, file: ProducerSnapshotFile)?
    private var expected: Offset?
    private var hasCompared = false
    private var aborted: [AbortedTransaction] = []

    /// For a file by itself: what came before it is not known, so nothing is compared.
    init() {
        (isSure, startsAtZero, newest) = (false, false, nil)
    }

    /// - Parameters:
    ///   - segments: base offsets, in order.
    ///   - compactedTo: below it batches may be gone; nil when no file says so.
    init(
        folder: String, segments: [Offset], compactedTo: Offset?, in fileSystem: any FileSystem
    ) throws(LogError) {
        let snapshots = try wrapping { () throws(FileError) in
            try ProducerSnapshots(folder: folder, in: fileSystem)
        }
        let first = segments.first ?? .zero
        startsAtZero = first == .zero
        let isWhole = compactedTo ?? .zero <= first
        isSure = startsAtZero && isWhole
        if !startsAtZero, isWhole, let known = try snapshots.load(first) {
            states = known
            isSure = true
        }
        newest = try Self.newest(of: snapshots, fileSystem)
    }

    private static func newest(
        of snapshots: ProducerSnapshots, _ fileSystem: any FileSystem
    ) throws(LogError) -> (Offset, String, ProducerSnapshotFile)? {
        guard let offset = snapshots.offsets.last else { return nil }
        let path = snapshots.path(offset)
        do {
            let content = try WholeFile.load(
                path, sizeMax: ProducerSnapshotFile.sizeMax, in: fileSystem)
            // What is no snapshot is reported where files are looked at one by one.
            guard let content, let file = ProducerSnapshotFile(parsing: content),
                file.states != nil
            else { return nil }
            return (offset, path, file)
        } catch {
            guard case .tooLarge = error else { throw .checkpoint(error) }
            return nil
        }
    }

    /// From here on the batches no longer tell everything.
    mutating func didMeetDamage() { isSure = false }

    /// Takes the next batch of the log.
    mutating func take(
        _ header: BatchHeader, _ batch: RawSpan, _ scope: inout VerificationScope
    ) {
        let base = Offset(exactly: header.baseOffset)
        if header.recordsCount == 0 || (expected != nil && expected != base) { isSure = false }
        expected = header.lastOffset.flatMap { Offset(exactly: $0)?.advanced(byExactly: 1) }
        if let newest, header.baseOffset >= newest.offset.rawValue { compare(&scope) }
        if let done = states.take(header, batch)?.aborted { aborted.append(done) }
    }

    /// The segment at `paths` ends.
    mutating func finish(
        _ paths: SegmentPaths, _ scope: inout VerificationScope
    ) throws(LogError) {
        let found = aborted
        aborted = []
        guard isSure else { return }
        let index = TransactionIndex(paths, in: scope.fileSystem)
        guard let stored = try index.load(), stored != found else { return }
        let slot = zip(stored, found).prefix { $0 == $1 }.count
        let expected = slot < found.count ? "\(found[slot])" : "no more"
        let actual = slot < stored.count ? "\(stored[slot])" : "no more"
        let place = slot < found.count ? found[slot] : stored[slot]
        let behind = place.lastOffset.advanced(byExactly: 1) ?? place.lastOffset
        scope.find(
            .transactionIndex("entry \(slot) is \(actual), the batches say \(expected)"),
            in: paths.transactionIndex,
            offsets: place.firstOffset..<max(place.firstOffset, behind))
    }

    /// The log ends.
    mutating func finish(_ scope: inout VerificationScope) { compare(&scope) }

    private mutating func compare(_ scope: inout VerificationScope) {
        guard let newest, !hasCompared else { return }
        hasCompared = true
        guard isSure else { return }
        for row in newest.file.producers {
            if let problem = problem(with: row) { scope.find(.snapshot(problem), in: newest.path) }
        }
        // A producer that is missing may have expired, but for one with a transaction.
        let listed = Set(newest.file.producers.map(\.producerId))
        for transaction in states.open where !listed.contains(transaction.producerId) {
            scope.find(
                .snapshot(
                    "producer \(transaction.producerId) is missing, whose transaction is open "
                        + "from offset \(transaction.firstOffset) on"),
                in: newest.path)
        }
    }

    private func problem(with row: ProducerSnapshotFile.Producer) -> String? {
        guard let state = states[row.producerId] else {
            return startsAtZero ? "no batch is of producer \(row.producerId)" : nil
        }
        let expected = ProducerSnapshotFile.Producer(state)
        guard row != expected else { return nil }
        return "producer \(row.producerId) has epoch \(row.producerEpoch), sequence "
            + "\(row.lastSequence) at offset \(row.lastOffset), a transaction from "
            + "\(row.currentTransactionFirstOffset); the batches say \(expected.producerEpoch), "
            + "\(expected.lastSequence) at \(expected.lastOffset), "
            + "\(expected.currentTransactionFirstOffset)"
    }
}

extension AbortedTransaction: CustomStringConvertible {
    public var description: String {
        "producer \(producerId), offsets \(firstOffset) to \(lastOffset), "
            + "last stable \(lastStableOffset)"
    }
}
