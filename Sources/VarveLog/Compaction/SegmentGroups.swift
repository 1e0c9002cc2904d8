internal import VarveTerms

/// What grouping looks at of a segment.
struct SegmentShape: Hashable, Sendable {
    var baseOffset: Offset
    /// The offset after its last one, at most.
    var endOffset: Offset
    var logSize: Int
    var offsetIndexSize = 0
    var timeIndexSize = 0
}

/// Which neighbours are rewritten into one segment. Pure.
enum SegmentGroups {
    /// Groups of neighbours, each of which fits the limits as it is: cleaning only makes it
    /// smaller, give or take a codec.
    static func group(
        _ segments: [SegmentShape], sizeMax: Int, indexSizeMax: Int
    ) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        while start < segments.count {
            var sum = segments[start]
            var end = start + 1
            while end < segments.count, let next = joined(sum, segments[end]),
                next.logSize <= sizeMax, next.offsetIndexSize <= indexSizeMax,
                next.timeIndexSize <= indexSizeMax
            {
                sum = next
                end += 1
            }
            groups.append(start..<end)
            start = end
        }
        return groups
    }

    /// Both as one; nil when offsets would lie too far from the base, or a size passes all limits.
    private static func joined(_ left: SegmentShape, _ right: SegmentShape) -> SegmentShape? {
        let end = max(left.endOffset, right.endOffset)
        // An empty segment adds no offset.
        let reach = right.logSize == 0 ? left.endOffset : end
        guard left.baseOffset.distance(to: reach) - 1 <= Int64(Int32.max) else { return nil }
        let (logSize, overflow) = left.logSize.addingReportingOverflow(right.logSize)
        guard !overflow, logSize <= Int(Int32.max) else { return nil }
        return SegmentShape(
            baseOffset: left.baseOffset, endOffset: reach, logSize: logSize,
            offsetIndexSize: left.offsetIndexSize + right.offsetIndexSize,
            timeIndexSize: left.timeIndexSize + right.timeIndexSize)
    }
}
