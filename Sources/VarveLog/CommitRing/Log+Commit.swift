internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// A log whose end is durable in a commit ring before it is in its own file.
extension Log {
    /// How far the active segment's own file is flushed, where a ring has what follows.
    struct InPlace {
        var size: Int
        var end: Offset
        /// The number of the frame that follows it.
        var frame: UInt64
    }

    /// How many bytes of the active segment are not flushed.
    var unflushedActiveSize: Int { active.segment.writtenSize - active.segment.flushedSize }

    /// How much it would add to a frame.
    var sizeInFrame: Int {
        let name = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path.utf8.index(after: $0) }
        let nameSize = path.utf8[(name ?? path.utf8.startIndex)...].count
        return CommitFrame.size(ofEntryFor: nameSize, unflushedActiveSize)
    }

    /// Whether a ring may have its unflushed bytes: all in one file, and of a log that the next
    /// opening can tell from another one in the same folder.
    var canShareFlush: Bool {
        guard case .open = standing, topicID != nil else { return false }
        return ticket == nil && unflushed.isEmpty && ends.flushed < ends.written
    }

    /// What a frame says of its unflushed bytes.
    var commitEntry: CommitEntry? {
        guard let topicID else { return nil }
        let segment = active.segment
        return CommitEntry(
            folder: WholeFile.name(of: path), topicID: topicID, segmentBase: segment.baseOffset,
            position: segment.flushedSize, size: unflushedActiveSize, endOffset: ends.written)
    }

    /// Fills `buffer` with the unflushed bytes, as the system has them.
    ///
    /// - Returns: whether they are whole batches still. A system that failed to write a page may
    ///   have read it anew from the disk since.
    func readUnflushed(into buffer: inout MutableRawSpan) throws(FileError) -> Bool {
        let count = try active.read(into: &buffer, at: active.segment.flushedSize)
        guard count == buffer.byteCount else { return false }
        let bytes = buffer.bytes
        var position = 0
        while position < count {
            guard let header = try? BatchCheck.frame(bytes, at: position) else { return false }
            position += header.sizeInBytes
        }
        return position == count
    }

    /// `flush`, with its error as a value.
    func flushing() -> LogError? {
        do throws(LogError) {
            try flush()
            return nil
        } catch {
            return error
        }
    }

    /// A ring has everything that was appended so far, since its frame of this number.
    func didCommit(in frame: UInt64) {
        let segment = active.segment
        if inPlace == nil {
            inPlace = InPlace(size: segment.flushedSize, end: ends.flushed, frame: frame)
        }
        segment.publish(flushedSize: segment.writtenSize)
        ends.didFlush(through: ends.written)
        if stability.isHolding { stability.didFlush(through: ends.flushed) }
        publishEnds()
    }

    /// On return no ring has anything of this log that its own files do not, and nothing comes back
    /// from there: before bytes are cut off or rewritten.
    func settleCommits() throws(LogError) {
        guard let ring = commitRing else { return }
        try ring.drain(for: self)
        commitRing = nil
    }

    /// Makes the log's own file durable up to where a ring is.
    func settleInPlace(from ring: CommitRing) throws(LogError) {
        guard inPlace != nil else { return }
        switch standing {
        case .open: try flushInPlace()
        case .poisoned:
            awaitTicket()
            try restore(from: ring)
        // It could not be flushed when it was closed.
        case .closed: throw .closed(path: path)
        }
    }

    /// After the flush of its own file failed: what the page cache shows of it proves nothing, but
    /// the ring has the bytes. They are written anew.
    private func restore(from ring: CommitRing) throws(LogError) {
        guard let place = inPlace else { return }
        let segment = active.segment
        try wrapping { () throws(FileError) in
            var restored = place.size
            try ring.forEachEntry(of: self) { (entry, bytes) throws(FileError) in
                guard entry.segmentBase == segment.baseOffset, entry.position <= restored,
                    entry.position >= place.size
                else { return }
                try active.rewrite(bytes, at: entry.position)
                restored = max(restored, entry.position + entry.size)
            }
            guard restored >= segment.flushedSize else {
                throw FileError(.read, segment.paths.log, .inputOutput)
            }
            try active.flushFile()
            // Before the frames are void the next opening must learn that the file has it all.
            inPlace = nil
            do throws(FileError) {
                try endsFile.publishDurably(endsNow(isPoisoned: true))
            } catch {
                inPlace = place
                throw error
            }
        }
    }
}
