/// One fixed field of a binary layout: where it starts and how many bytes it takes. A layout is a
/// list of these, stated once; readers, writers, docs and tests use the same list.
@frozen
public struct Field: Sendable {
    /// Bytes before the field, from the start of its structure.
    public let start: Int
    /// Bytes that the field takes.
    public let width: Int

    /// The first byte after the field.
    @inlinable public var end: Int { start + width }

    @inlinable
    public init(at start: Int, width: Int) {
        self.start = start
        self.width = width
    }

    @inlinable
    public init(after previous: Field, width: Int) {
        self.init(at: previous.end, width: width)
    }
}
