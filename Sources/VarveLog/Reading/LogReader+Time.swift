internal import VarveRecords
public import VarveTerms

/// Looking records up by their time, as Kafka's ListOffsets does. Control records count: they have
/// offsets and times like others.
extension LogReader {
    /// The first record, in the order of offsets, that is not older than `time`; nil when there is
    /// none yet. Times need not grow with offsets: a later record may be older than `time`.
    ///
    /// - Throws: `LogError.corrupt` when a batch that must be looked at is damaged.
    /// - Complexity: O(log segments), and in each segment that may have the record a walk over the
    ///   headers that follow the last index entry older than `time`; then the records of one batch.
    ///   The first look-up goes through the time indexes of all segments before: the largest time
    ///   of a sealed one is remembered.
    public func offset(
        for time: Timestamp, through visibility: Visibility? = nil
    ) throws(LogError) -> TimestampedOffset? {
        let visibility = visibility ?? self.visibility
        let view = view(through: visibility, notBefore: time)
        for segment in view.segments {
            if let largest = view.knownLargest(of: segment), largest < time { continue }
            var search = TimeSearch(segment, within: view.offsets, through: visibility)
            do {
                try search.run(to: time)
            } catch {
                if case .log(let error) = error, error.isMissingFile { continue }
                throw damage(error, in: segment, walk: search.position, visibility)
            }
            if let found = search.found { return found }
            view.remember(search.largest, of: segment)
        }
        return nil
    }

    /// The record with the largest time, the first of them where several have it; nil when no
    /// record has a time.
    /// - Throws: `LogError.corrupt` when a batch that must be looked at is damaged.
    /// - Complexity: a walk over the headers behind the last entry of each time index, the first
    ///   time; later that of the last segment alone.
    public func newestByTime(
        through visibility: Visibility? = nil
    ) throws(LogError) -> TimestampedOffset? {
        let visibility = visibility ?? self.visibility
        let view = view(through: visibility)
        var largest = Timestamp.none
        for segment in view.segments {
            if let known = view.knownLargest(of: segment) {
                largest = max(largest, known)
                continue
            }
            var search = TimeSearch(segment, within: view.offsets, through: visibility)
            do {
                try search.run(to: nil)
            } catch {
                if case .log(let error) = error, error.isMissingFile { continue }
                throw damage(error, in: segment, walk: search.position, visibility)
            }
            largest = max(largest, search.largest)
            view.remember(search.largest, of: segment)
        }
        return largest > .none ? try offset(for: largest, through: visibility) : nil
    }

    /// What one look-up goes through: segments and offsets of one moment.
    private struct View {
        var segments: ArraySlice<Segment>
        var offsets: Range<Offset>
        /// The segment that takes appends.
        var last: Segment?

        /// Whether a segment's largest time is that of the records in view.
        private func isWhole(_ segment: Segment) -> Bool {
            guard let last, segment !== last else { return false }
            return segment.baseOffset >= offsets.lowerBound
                && segment.flushedSize == segment.writtenSize
        }

        func knownLargest(of segment: Segment) -> Timestamp? {
            isWhole(segment) ? segment.largestTimestamp : nil
        }

        func remember(_ largest: Timestamp, of segment: Segment) {
            if isWhole(segment) { segment.largestTimestamp = largest }
        }
    }

    /// - Parameter time: segments that are known to have no record as new may be left out.
    private func view(
        through visibility: Visibility, notBefore time: Timestamp = .none
    ) -> View {
        let (segments, ends, slot) = published.snapshot(notBefore: time)
        let end = visibility == .flushed ? ends.flushed : ends.written
        let offsets = ends.start..<end
        let first = lastSlot(in: segments.count) {
            segments[$0].baseOffset <= offsets.lowerBound
        }
        let from = max(first ?? 0, slot)
        let last = lastSlot(in: segments.count) { segments[$0].baseOffset < end }
        return View(
            segments: segments[from..<max(from, (last ?? -1) + 1)], offsets: offsets,
            last: segments.last)
    }
}
