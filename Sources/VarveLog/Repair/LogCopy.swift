internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// One copy of a log, as a repair looks at it: its folder in some data directory, whoever wrote it.
/// It is only read, by copying.
struct LogCopy {
    let folder: String
    let topicID: UniqueID?
    /// Live `.log` files, in order.
    let segments: [(base: Offset, size: Int)]
    let fileSystem: any FileSystem
    private let paths: [Offset: String]
    /// What its sidecars are made with; nil when they are not to be believed.
    private let identity: LogIdentity?

    /// - Throws: `.noSuchLog`, `.file`.
    init(_ name: LogName, in directory: String, _ fileSystem: any FileSystem) throws(LogError) {
        folder = directory + "/" + name.folder
        self.fileSystem = fileSystem
        let listing = try FolderListing(folder, in: fileSystem).segments
        segments = listing.map { ($0.base, $0.size) }
        paths = Dictionary(listing.map { ($0.base, $0.path) }) { first, _ in first }
        // A copy whose metadata cannot be read is one without an id: its batches must prove it.
        topicID =
            (try? PartitionMetadata.load(
                folder + "/" + PartitionMetadata.fileName, in: fileSystem))?.topicID
        let integrity = try? DirectoryIntegrity(directory, in: fileSystem)
        identity =
            integrity.map { $0.standing != .takenOver } ?? false
            ? LogIdentity(topicID: topicID, partition: name.partition) : nil
    }

    /// The batches of a segment, held against its sidecar where there is one of this log.
    func batches(of base: Offset) throws(LogError) -> BatchFile {
        try BatchFile(path(base), sidecar: sidecar(of: base), in: fileSystem)
    }

    private func sidecar(of base: Offset) -> SegmentSidecar? {
        let live = SegmentPaths(folder: folder, baseOffset: base)
        guard let identity, path(base) == live.log else { return nil }
        let sidecar = SegmentSidecar(
            live, of: identity, trust: .found, access: .copied, in: fileSystem)
        // One of another log, or segment, says nothing of these batches.
        guard let look = try? sidecar.look(), !look.isForeign else { return nil }
        return sidecar
    }

    func path(_ base: Offset) -> String {
        paths[base] ?? "\(folder)/\(SegmentFileName(base, .log))"
    }

    /// Where the segment after the one in `slot` begins; nil for the last.
    func end(of slot: Int) -> Offset? {
        slot + 1 < segments.count ? segments[slot + 1].base : nil
    }
}

/// A whole batch in some copy of a log, whose checksum held when it was looked at.
struct FoundBatch: Hashable {
    var path: String
    var position: Int
    var size: Int
    var offsets: Range<Offset>
    var epoch: Int32
    /// CRC-32C of all its bytes, those before its own checksum too.
    var checksum: UInt32
    /// The offset after the batch right before it in its copy; nil when none is known.
    var previousEnd: Offset?
    /// The base offset of its segment, when that begins with it.
    var segmentBase: Offset?
    /// The bytes themselves, where no file has them as they are.
    var content: [UInt8]?

    /// Whether its segment begins with it.
    var isSegmentStart: Bool { position == 0 && content == nil }

    /// - Returns: nil when the offsets are not lawful.
    init?(_ header: BatchHeader, _ bytes: RawSpan, in path: String, at position: Int) {
        guard let base = Offset(exactly: header.baseOffset),
            let last = header.lastOffset.flatMap({ Offset(exactly: $0) }),
            let end = last.advanced(byExactly: 1), base < end
        else { return nil }
        self.path = path
        self.position = position
        size = bytes.byteCount
        offsets = base..<end
        epoch = header.partitionLeaderEpoch
        checksum = CRC32C.checksum(bytes)
    }

    var end: Offset { offsets.upperBound }

    /// Whether both are the same batch, byte for byte.
    func isEqual(to other: FoundBatch) -> Bool {
        offsets == other.offsets && size == other.size && checksum == other.checksum
    }
}
