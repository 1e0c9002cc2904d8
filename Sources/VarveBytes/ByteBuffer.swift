/// A growing run of bytes with one owner, for building batches and collecting writes.
///
/// The memory starts on a 64-byte boundary: kernel copies from the middle of a 16-byte phase are
/// several times slower on some processors (docs/decisions/, aligned buffers). `removeAll` keeps
/// the memory, so that a buffer in steady use allocates nothing.
///
/// *Invariants*: `0 <= count <= capacity`; bytes below `count` are initialised.
/// *Threads*: one owner at a time; it may move between threads with its owner.
@safe
public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    // @unchecked: the memory has exactly one owner, this value, which cannot be copied.
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var end: Int
    public private(set) var capacity: Int
    /// What the buffer is going to hold at most, where its writer knows: nil while nobody does.
    ///
    /// The memory then grows through the halves, quarters and so on of this number, so that old and
    /// new memory together hold no more bytes than it while one is copied to the other. More may be
    /// written all the same; then the memory doubles as ever.
    public var countMax: Int?

    /// How many bytes were written so far.
    @inlinable public var count: Int { end }

    @usableFromInline static var alignment: Int { 64 }

    public init(capacity: Int = 256) {
        precondition(capacity >= 0, "capacity \(capacity) is negative")
        self.capacity = max(capacity, 64)
        end = 0
        unsafe base = .allocate(byteCount: self.capacity, alignment: Self.alignment)
    }

    deinit { unsafe base.deallocate() }

    @inlinable public var isEmpty: Bool { count == 0 }

    /// The bytes written so far.
    @inlinable
    public var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The bytes written so far, to patch.
    @inlinable
    public var mutableBytes: MutableRawSpan {
        @_lifetime(&self)
        mutating get {
            let span = unsafe MutableRawSpan(_unsafeStart: base, byteCount: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Forgets the bytes and keeps the memory.
    @inlinable public mutating func removeAll() { end = 0 }

    /// Forgets the bytes from `newCount` on.
    /// - Precondition: `0 <= newCount <= count`.
    public mutating func truncate(to newCount: Int) {
        precondition(newCount >= 0 && newCount <= count, "cut at \(newCount) of \(count)")
        end = newCount
    }

    /// Makes room for `extra` more bytes. Amortised constant: the memory at least doubles.
    @inlinable @inline(__always)
    public mutating func reserve(_ extra: Int) {
        if extra > capacity - count { grow(by: extra) }
    }

    @usableFromInline
    mutating func grow(by extra: Int) {
        precondition(extra >= 0 && extra <= Int.max / 4 - count, "buffer cannot grow by \(extra)")
        let newCapacity = newCapacity(for: count + extra)
        if isEmpty { return replaceMemory(newCapacity) }
        let target = UnsafeMutableRawPointer.allocate(
            byteCount: newCapacity, alignment: Self.alignment)
        unsafe target.copyMemory(from: base, byteCount: count)
        unsafe base.deallocate()
        unsafe base = target
        capacity = newCapacity
    }

    private func newCapacity(for needed: Int) -> Int {
        guard let countMax, needed <= countMax else { return max(capacity * 2, needed) }
        var chosen = countMax
        while (chosen + 1) / 2 >= max(needed, 64) { chosen = (chosen + 1) / 2 }
        return chosen
    }

    /// With nothing to copy the old memory goes before the new one comes.
    private mutating func replaceMemory(_ newCapacity: Int) {
        unsafe base.deallocate()
        unsafe base = .allocate(byteCount: newCapacity, alignment: Self.alignment)
        capacity = newCapacity
    }

    @inlinable @inline(__always)
    public mutating func append(_ value: some FixedWidthInteger & BitwiseCopyable) {
        let width = MemoryLayout.size(ofValue: value)
        reserve(width)
        unsafe base.storeBytes(of: value.bigEndian, toByteOffset: count, as: type(of: value).self)
        end += width
    }

    @inlinable
    public mutating func append(_ bytes: RawSpan) {
        let size = bytes.byteCount
        guard size > 0 else { return }
        reserve(size)
        unsafe bytes.withUnsafeBytes { source in
            unsafe (base + count).copyMemory(from: source.baseAddress!, byteCount: size)
        }
        end += size
    }

    @inlinable
    public mutating func append(_ bytes: [UInt8]) { append(bytes.rawSpan) }

    /// Appends the UTF-8 of the text, without an array in between.
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { letters in
            guard let first = letters.baseAddress, !letters.isEmpty else { return }
            reserve(letters.count)
            unsafe (base + count).copyMemory(from: first, byteCount: letters.count)
            end += letters.count
        }
    }

    /// Appends `size` bytes of zero, for a header that is stored once its numbers are known.
    public mutating func appendZeros(_ size: Int) {
        precondition(size >= 0, "\(size) zeros")
        reserve(size)
        unsafe (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: size)
        end += size
    }

    /// Lends at least `size` bytes of spare memory to `fill`, which answers how many it wrote.
    /// The memory holds arbitrary bytes before; what `fill` did not write stays outside `count`.
    public mutating func append<Failure: Error>(
        reserving size: Int,
        _ fill: (inout MutableRawSpan) throws(Failure) -> Int
    ) throws(Failure) {
        reserve(size)
        var spare = unsafe MutableRawSpan(_unsafeStart: base + count, byteCount: capacity - count)
        let written = try fill(&spare)
        precondition(written >= 0 && written <= capacity - count, "filled \(written)")
        end += written
    }
}
