internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Puts a segment together from what is sound of it and from batches of other copies, beside the
/// one that it replaces, and lets it take the place in one step.
///
///     <base>.log.cleaned      written, flushed, read again and compared
///     <base>.log              the rename: before it the old bytes, after it the new ones
///     <base>.index, …         made anew from the new bytes
///
/// A crash leaves the old segment or the new one. A `.cleaned` file that it leaves is removed by
/// the next opening, by Kafka's too; an index that it leaves missing is made anew by either.
struct SegmentAssembly {
    enum Piece: Hashable {
        /// Bytes of the segment as it is.
        case own(Range<Int>)
        /// A batch of another copy.
        case batch(FoundBatch)

        var size: Int {
            switch self {
            case .own(let range): range.count
            case .batch(let batch): batch.size
            }
        }
    }

    let paths: SegmentPaths
    let pieces: [Piece]
    /// The size of the segment that is replaced; nil for one that is missing.
    let oldSize: Int?
    let fileSystem: any FileSystem

    private var temporary: String {
        "\(paths.folder)/\(SegmentFileName(paths.baseOffset, .log, .cleaned))"
    }

    var size: Int { pieces.reduce(0) { $0 + $1.size } }

    /// On return the new segment has the name and survives a power cut.
    /// - Throws: `.corrupt` when a batch is not what it was when it was found, and `.file`: the old
    ///   segment stands then, unless only the renewal of its indexes failed.
    func perform() throws(LogError) {
        let checksum = try write()
        try readAgain(checksum)
        try wrapping { () throws(FileError) in
            // Indexes whose positions no longer hold must not outlive the old bytes.
            if let oldSize, oldSize != size {
                for path in [paths.offsetIndex, paths.timeIndex]
                where try fileSystem.status(at: path) != nil {
                    try fileSystem.removeFile(path)
                }
                try fileSystem.flushDirectory(paths.folder)
            }
            try fileSystem.rename(temporary, to: paths.log)
            try fileSystem.flushDirectory(paths.folder)
        }
        try renewIndexes()
        try wrapping { () throws(FileError) in try SidecarRenewal.run(on: paths, in: fileSystem) }
    }

    // MARK: Writing

    /// - Returns: the checksum of all that was written.
    private func write() throws(LogError) -> UInt32 {
        let output = try wrapping { () throws(FileError) in
            if try fileSystem.status(at: temporary) != nil {
                try fileSystem.removeFile(temporary)
            }
            return try OpenFile(temporary, .createNew, in: fileSystem)
        }
        var (position, checksum) = (0, UInt32(0))
        for piece in pieces {
            switch piece {
            case .own(let range):
                try copy(range, to: output, at: &position, &checksum)
            case .batch(let batch):
                if let content = batch.content {
                    try put(content.rawSpan, to: output, at: &position, &checksum)
                } else {
                    let bytes = try content(of: batch)
                    let span = bytes.bytes(in: 0..<bytes.count)
                    try put(span, to: output, at: &position, &checksum)
                }
            }
        }
        try wrapping { () throws(FileError) in try output.flush() }
        return checksum
    }

    private func put(
        _ bytes: RawSpan, to output: borrowing OpenFile, at position: inout Int,
        _ checksum: inout UInt32
    ) throws(LogError) {
        do {
            try output.write(bytes, at: FilePosition(position))
        } catch {
            throw .file(error)
        }
        checksum = CRC32C.checksum(bytes, continuing: checksum)
        position += bytes.byteCount
    }

    /// How much of a segment is copied at a time.
    private static let stride = 1 << 20

    private func copy(
        _ range: Range<Int>, to output: borrowing OpenFile, at position: inout Int,
        _ checksum: inout UInt32
    ) throws(LogError) {
        guard !range.isEmpty else { return }
        let source = try wrapping { () throws(FileError) in
            try OpenFile(paths.log, .read, in: fileSystem)
        }
        var start = range.lowerBound
        while start < range.upperBound {
            let count = min(Self.stride, range.upperBound - start)
            let bytes = try wrapping { () throws(FileError) in
                try source.copyBytes(at: FilePosition(start), count: count)
            }
            guard bytes.count == count else {
                throw .file(FileError(.read, paths.log, .inputOutput, at: FilePosition(start)))
            }
            try put(bytes.bytes(in: 0..<count), to: output, at: &position, &checksum)
            start += count
        }
    }

    /// The batch's bytes, which are the ones that were found.
    private func content(of batch: FoundBatch) throws(LogError) -> MappedBytes {
        let bytes = try wrapping { () throws(FileError) in
            let file = try OpenFile(batch.path, .read, in: fileSystem)
            return try file.copyBytes(at: FilePosition(batch.position), count: batch.size)
        }
        #if VARVE_PLANTED_BUGS
            if PlantedBug.changedDonorBelieved.isPlanted { return bytes }
        #endif
        let span = bytes.bytes(in: 0..<bytes.count)
        let found = CRC32C.checksum(span)
        let start = FilePosition(batch.position)
        guard bytes.count == batch.size, found == batch.checksum else {
            throw .corrupt(
                CorruptRange(
                    path: batch.path, positions: start..<start.advanced(by: batch.size),
                    offsets: batch.offsets,
                    defect: .checksum(stored: batch.checksum, computed: found)))
        }
        do {
            _ = try BatchCheck.frame(mapped: span)
        } catch {
            throw .corrupt(
                CorruptRange(
                    path: batch.path, positions: start..<start.advanced(by: batch.size),
                    offsets: batch.offsets, defect: error))
        }
        return bytes
    }

    // MARK: Checking

    /// Reads the new file again: all of it byte for byte, and each batch that was put in.
    private func readAgain(_ checksum: UInt32) throws(LogError) {
        let unlike = LogError.file(FileError(.read, temporary, .inputOutput))
        var (position, found) = (0, UInt32(0))
        let file = try wrapping { () throws(FileError) in
            try OpenFile(temporary, .read, in: fileSystem)
        }
        while position < size {
            let bytes = try wrapping { () throws(FileError) in
                try file.copyBytes(
                    at: FilePosition(position), count: min(Self.stride, size - position))
            }
            guard bytes.count > 0 else { throw unlike }
            found = CRC32C.checksum(bytes.bytes(in: 0..<bytes.count), continuing: found)
            position += bytes.count
        }
        guard found == checksum else { throw unlike }
        var place = FilePosition(0)
        for piece in pieces {
            if case .batch = piece {
                let bytes = try wrapping { () throws(FileError) in
                    try file.copyBytes(at: place, count: piece.size)
                }
                guard bytes.count == piece.size,
                    (try? BatchCheck.frame(mapped: bytes.bytes(in: 0..<bytes.count))) != nil
                else { throw unlike }
            }
            place = place.advanced(by: piece.size)
        }
    }

    // MARK: Indexes

    /// Makes the indexes anew: each takes the place of the old one in one step.
    private func renewIndexes() throws(LogError) {
        let segment = Segment(
            paths, size: size, access: .copied, limits: .init(logSize: 0, indexSize: 0),
            in: fileSystem)
        var scan = SegmentScan(
            segment, from: SegmentFill(baseOffset: paths.baseOffset),
            expecting: paths.baseOffset, indexInterval: LogSettings().indexInterval.bytes)
        try scan.run(knownFlushed: .zero, fence: SegmentScan.Fence(below: Offset(.max)))
        var fill = scan.fill
        let offsets = scan.offsetEntries.bytes.array()
        let times = scan.timeEntries.bytes.array() + (fill.takeTimeEntry()?.bytes ?? [])
        try wrapping { () throws(FileError) in
            try WholeFile.store(offsets, at: paths.offsetIndex, in: fileSystem)
            try WholeFile.store(times, at: paths.timeIndex, in: fileSystem)
        }
    }
}
