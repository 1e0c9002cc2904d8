internal import VarveSystem
internal import VarveTerms

/// The index files of one segment, as they are on disk.
struct SegmentIndexes {
    enum Kind { case offsets, times }

    let paths: SegmentPaths
    private let offsets: IndexEntries<OffsetIndexEntry>
    private let times: IndexEntries<TimeIndexEntry>

    init(_ paths: SegmentPaths, in fileSystem: any FileSystem) throws(LogError) {
        self.paths = paths
        offsets = try IndexEntries(
            paths.offsetIndex, entrySize: OffsetIndexLayout.entrySize, in: fileSystem,
            lawfulCount: { OffsetIndexLayout.lawfulCount(in: $0, logSize: .max) },
            entry: { OffsetIndexLayout.entry($0, in: $1) })
        times = try IndexEntries(
            paths.timeIndex, entrySize: TimeIndexLayout.entrySize, in: fileSystem,
            lawfulCount: { TimeIndexLayout.lawfulCount(in: $0) },
            entry: { TimeIndexLayout.entry($0, in: $1) })
    }

    var hasTimes: Bool { times.size != nil }

    /// Whether either file has space behind its entries that was never trimmed.
    var isUntrimmed: Bool { offsets.tail == .zeros || times.tail == .zeros }

    /// Checks to hold against the segment's batches.
    var offsetCheck: OffsetIndexCheck {
        OffsetIndexCheck(offsets.entries, baseOffset: paths.baseOffset)
    }
    var timeCheck: TimeIndexCheck {
        TimeIndexCheck(times.entries, baseOffset: paths.baseOffset)
    }

    private func path(_ kind: Kind) -> String {
        kind == .offsets ? paths.offsetIndex : paths.timeIndex
    }

    private func entrySize(_ kind: Kind) -> Int {
        kind == .offsets ? OffsetIndexLayout.entrySize : TimeIndexLayout.entrySize
    }

    /// Reports what is wrong with the files themselves.
    func reportShape(logSize: Int, _ scope: inout VerificationScope) {
        reportShape(
            .offsets, size: offsets.size, count: offsets.entries.count, offsets.tail, logSize,
            &scope)
        reportShape(
            .times, size: times.size, count: times.entries.count, times.tail, logSize, &scope)
    }

    private func reportShape(
        _ kind: Kind, size: Int?, count: Int, _ tail: IndexTail, _ logSize: Int,
        _ scope: inout VerificationScope
    ) {
        guard let size else {
            // Kafka makes the files of an empty segment lazily.
            if logSize > 0 { scope.find(.missingIndex, in: path(kind)) }
            return
        }
        let entrySize = entrySize(kind)
        let rest = FilePosition(count * entrySize)..<FilePosition(size)
        switch tail {
        case .zeros: scope.find(.untrimmedIndex, in: path(kind), at: rest)
        case .odd:
            scope.find(.indexSize(size, entrySize: entrySize), in: path(kind), at: rest)
        case .disorder:
            scope.find(
                .indexEntry(
                    slot: count, "is out of order",
                    wrong: (size + entrySize - 1) / entrySize - count),
                in: path(kind), at: rest)
        case .none: return
        }
    }

    /// Reports entries that the batches contradict.
    func report(
        _ first: (slot: Int, reason: String)?, _ wrong: Int, in kind: Kind,
        _ scope: inout VerificationScope
    ) {
        guard let first else { return }
        let start = FilePosition(first.slot * entrySize(kind))
        scope.find(
            .indexEntry(slot: first.slot, first.reason, wrong: wrong), in: path(kind),
            at: start..<start.advanced(by: entrySize(kind)))
    }
}
