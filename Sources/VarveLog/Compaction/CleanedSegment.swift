internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// A segment that compaction writes, under names that end in `.cleaned`: worthless until it is
/// finished, and removed by the next opening if it never is.
struct CleanedSegment: ~Copyable {
    let baseOffset: Offset
    /// The files that it has.
    let contents: [SegmentFileName.Content]
    private(set) var fill: SegmentFill
    private let indexInterval: Int
    private let log: OpenFile
    private let offsetIndex: OpenFile
    private let timeIndex: OpenFile
    private let transactionIndex: OpenFile?
    private var sidecar: SidecarWriter
    private var batches = ByteBuffer(capacity: CleanedSegment.pieceSize)
    private var offsets = ByteBuffer(capacity: 256)
    private var times = ByteBuffer(capacity: 256)
    private var transactions: [AbortedTransaction] = []
    private var writtenSize = 0
    private var flushedSize = 0

    /// How much is written at a time.
    private static let pieceSize = 256 << 10
    /// How much is flushed at a time: a last flush of a whole segment would hold up for long
    /// whoever shares the owner's thread.
    private static let flushSize = 4 << 20

    /// Makes the files, the `.log` first: as long as its `.cleaned` is there, all of them are
    /// worthless.
    ///
    /// - Parameter hasTransactionIndex: whether one of the sources has such an index; then this has
    ///   one too, an empty one if need be, which takes the old one's place.
    init(
        _ baseOffset: Offset, in folder: String, indexInterval: Int, hasTransactionIndex: Bool,
        identity: LogIdentity, now: Timestamp, _ fileSystem: any FileSystem
    ) throws(FileError) {
        let log = try Self.make(baseOffset, .log, in: folder, fileSystem)
        let offsetIndex = try Self.make(baseOffset, .index, in: folder, fileSystem)
        let timeIndex = try Self.make(baseOffset, .timeIndex, in: folder, fileSystem)
        let transactionIndex =
            hasTransactionIndex
            ? try Self.make(baseOffset, .transactionIndex, in: folder, fileSystem) : nil
        let covered = try Self.make(baseOffset, .sidecar, in: folder, fileSystem)
        let origin = SidecarOrigin(
            SegmentIdentity(log: identity, baseOffset: baseOffset), .written, since: now)
        sidecar = SidecarWriter(
            covered.path, going: SidecarResumption(origin, mustCut: false), shared: nil,
            in: fileSystem)
        self.baseOffset = baseOffset
        self.indexInterval = indexInterval
        fill = SegmentFill(baseOffset: baseOffset)
        self.log = log
        self.offsetIndex = offsetIndex
        self.timeIndex = timeIndex
        self.transactionIndex = transactionIndex
        contents =
            [.log, .index, .timeIndex, .sidecar] + (hasTransactionIndex ? [.transactionIndex] : [])
    }

    private static func make(
        _ base: Offset, _ content: SegmentFileName.Content, in folder: String,
        _ fileSystem: any FileSystem
    ) throws(FileError) -> OpenFile {
        let file = try OpenFile(
            "\(folder)/\(SegmentFileName(base, content, .cleaned))", .readWriteOrCreate,
            in: fileSystem)
        try file.resize(to: .zero)
        return file
    }

    /// Whether a batch goes here: its offsets are near enough to the base, and positions stay
    /// within 31 bits.
    func fits(lastOffset: Int64, size: Int, sizeMax: Int) -> Bool {
        lastOffset - baseOffset.rawValue <= Int64(Int32.max) && fill.size <= sizeMax - size
    }

    /// Appends a batch whose header this is.
    mutating func append(_ bytes: RawSpan, _ header: BatchHeader) throws(FileError) {
        sidecar.note(bytes, at: fill.size)
        let entries = fill.add(header, indexInterval: indexInterval)
        if let entry = entries.offset {
            offsets.append(entry.relativeOffset)
            offsets.append(entry.position)
        }
        if let entry = entries.time { times.append(entry.bytes) }
        batches.append(bytes)
        if batches.count >= Self.pieceSize { try writePiece() }
    }

    private mutating func writePiece() throws(FileError) {
        guard !batches.isEmpty else { return }
        try log.write(batches.bytes, at: FilePosition(writtenSize))
        writtenSize += batches.count
        batches.removeAll()
        guard writtenSize - flushedSize >= Self.flushSize else { return }
        try log.flush()
        flushedSize = writtenSize
    }

    /// Notes an aborted transaction whose marker is in this segment.
    mutating func append(_ aborted: AbortedTransaction) { transactions.append(aborted) }

    /// Writes the rest and waits for the disk. Whatever else is to stand beside a sealed segment is
    /// made here, under a name that ends in `.cleaned`, and named in `contents`.
    mutating func finish() throws(FileError) {
        try writePiece()
        if let entry = fill.takeTimeEntry() { times.append(entry.bytes) }
        try offsetIndex.write(offsets.bytes, at: .zero)
        try timeIndex.write(times.bytes, at: .zero)
        let aborted = TransactionIndexFile(transactions).printed()
        try transactionIndex?.write(aborted.rawSpan, at: .zero)
        try sidecar.seal(
            logSize: fill.size, offsetIndex: FileSeal(of: offsets.bytes),
            timeIndex: FileSeal(of: times.bytes))
        #if VARVE_PLANTED_BUGS
            if PlantedBug.cleanedNotFlushed.isPlanted { return }
        #endif
        try sidecar.settle()
        try log.flush()
        try offsetIndex.flush()
        try timeIndex.flush()
        try transactionIndex?.flush()
    }
}
