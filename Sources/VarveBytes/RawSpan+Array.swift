extension [UInt8] {
    /// The bytes of the array, for interfaces that take spans.
    @inlinable
    public var rawSpan: RawSpan {
        @_lifetime(borrow self)
        get { unsafe span.bytes }
    }
}

extension String.UTF8View {
    /// The UTF-8 bytes of the string, for interfaces that take spans.
    @inlinable
    public var rawSpan: RawSpan {
        @_lifetime(borrow self)
        borrowing get { unsafe span.bytes }
    }
}
