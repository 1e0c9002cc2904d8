internal import VarveRecords
internal import VarveSystem
public import VarveTerms

extension Log {
    /// Makes sidecars for sealed segments that have none, or none that covers all of them: those
    /// that Apache Kafka wrote, and those whose sidecar was damaged or could not be written.
    ///
    /// What they hold now is believed as far as Kafka's own checks go; from here on it is covered.
    /// A segment with damage in it is left out: what is wrong with it must not be sealed as right.
    /// - Returns: the base offsets of the segments that are covered now and were not before.
    /// - Throws: `.file`, with the segments before covered; `.closed`, `.poisoned`.
    /// - Complexity: reads each of these segments once.
    @discardableResult
    public func coverSegments() throws(LogError) -> [Offset] {
        try checkOpen()
        var covered: [Offset] = []
        for segment in segments.dropLast() where segment.flushedSize == segment.writtenSize {
            guard let sidecar = segment.sidecar, let look = try? sidecar.look(), !look.isForeign,
                look.seal == nil || look.coverage?.start != 0
            else { continue }
            let now = surroundings.clock.wallClock()
            if try SidecarBuild.run(on: segment, integrity.identity, now: now) {
                covered.append(segment.baseOffset)
            }
        }
        return covered
    }
}

/// Makes the sidecar of a segment of what its file holds.
enum SidecarBuild {
    /// - Returns: false when a batch is damaged; nothing changed then.
    static func run(
        on segment: Segment, _ log: LogIdentity, now: Timestamp
    ) throws(LogError) -> Bool {
        let fileSystem = segment.fileSystem
        let temporary = segment.paths.sidecar + WholeFile.temporarySuffix
        let identity = SegmentIdentity(log: log, baseOffset: segment.baseOffset)
        let origin = SidecarOrigin(identity, .rebuilt, since: now)
        var writer = SidecarWriter(
            temporary, going: SidecarResumption(origin, mustCut: false), shared: nil,
            in: fileSystem)
        try wrapping { () throws(FileError) in
            let file = try OpenFile(temporary, .readWriteOrCreate, in: fileSystem)
            try file.resize(to: .zero)
        }
        guard try note(segment, in: &writer) else {
            try wrapping { () throws(FileError) in try fileSystem.removeFile(temporary) }
            return false
        }
        try wrapping { () throws(FileError) in
            try writer.seal(
                logSize: segment.writtenSize,
                offsetIndex: FileSeal(at: segment.paths.offsetIndex, in: fileSystem),
                timeIndex: FileSeal(at: segment.paths.timeIndex, in: fileSystem))
            try writer.settle()
            try fileSystem.rename(temporary, to: segment.paths.sidecar)
            try fileSystem.flushDirectory(segment.paths.folder)
        }
        segment.sidecar?.forget()
        return true
    }

    /// Notes every batch of a segment.
    private static func note(
        _ segment: Segment, in writer: inout SidecarWriter
    ) throws(LogError) -> Bool {
        var walk = try BatchWalk(segment, at: 0, through: .flushed)
        var (position, expected) = (0, segment.baseOffset.rawValue)
        do {
            while let header = try walk.header(at: position) {
                try walk.verify(at: position, size: header.sizeInBytes)
                guard header.baseOffset >= expected else { return false }
                writer.note(
                    walk.window.span(position..<position + header.sizeInBytes), at: position)
                expected = (header.lastOffset ?? header.baseOffset) + 1
                position += header.sizeInBytes
            }
        } catch {
            if case .log(let error) = error { throw error }
            return false
        }
        return position == segment.writtenSize
    }
}
