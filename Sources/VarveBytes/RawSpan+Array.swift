extension [UInt8] {
    /// The bytes of the array, for interfaces that take spans.
    @inlinable
    public var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}
