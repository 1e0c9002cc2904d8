/// A file's bytes mapped for reading. Whoever holds a reference keeps the mapping alive; it is
/// taken down once, with the last reference.
///
/// The file must not shrink below bytes that somebody may touch: only the holder of the directory
/// lock shrinks files, and never below a live pin. *Threads*: immutable; share it freely.
@safe
public final class MappedBytes: @unchecked Sendable {
    // @unchecked: the fields never change, and the memory behind them is only read here.
    private let base: UnsafeRawPointer
    public let count: Int
    private let release: @Sendable (UnsafeRawPointer, Int) -> Void

    /// - Parameter release: takes the mapping down; called exactly once, by the last owner.
    public init(
        base: UnsafeRawPointer, count: Int,
        release: @escaping @Sendable (UnsafeRawPointer, Int) -> Void
    ) {
        unsafe self.base = base
        self.count = count
        unsafe self.release = release
    }

    deinit { unsafe release(base, count) }

    /// The bytes of `range`, valid as long as this mapping is.
    /// - Precondition: `range` lies within `0..<count`.
    @_lifetime(borrow self)
    public func bytes(in range: Range<Int>) -> RawSpan {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) mapped bytes")
        let span = unsafe RawSpan(
            _unsafeStart: base + range.lowerBound, byteCount: range.count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }
}
