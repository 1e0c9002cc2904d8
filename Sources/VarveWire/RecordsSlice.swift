/// Records on the wire, which are neither looked at nor copied.
///
/// In a decoded message: the place of the bytes in the span of the reader. In a message to encode:
/// `count` bytes that the sender puts in itself; what `start` counts is the sender's affair (a
/// place in a source span, a number in a list of file ranges), the writer hands it back in a
/// `Splice`.
public struct RecordsSlice: Hashable, Sendable {
    public var start: Int
    /// How many bytes.
    public var count: Int

    public init(start: Int = 0, count: Int = 0) {
        self.start = start
        self.count = count
    }

    public var range: Range<Int> { start..<start + count }
}

/// Records that belong into the bytes of a writer at one place.
public struct Splice: Hashable, Sendable {
    /// How many bytes of the writer's buffer come before the slice.
    public var position: Int
    public var slice: RecordsSlice
}
