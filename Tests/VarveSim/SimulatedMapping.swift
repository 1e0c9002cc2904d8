/// Memory that stands for a mapped file: the disk copies every later change of the file into it.
///
/// Bytes past the end of the file must not be touched. Linux raises SIGBUS there from the next
/// page on; here they hold `poison`, so that code which trusts them reads nonsense instead of
/// zeros. The memory stays until the last `MappedBytes` lets go, whatever becomes of the file.
///
/// *Threads*: written under the disk's lock only; readers race with writes of the bytes that they
/// read, as they do with a real mapping.
@safe
final class SimulatedMapping: @unchecked Sendable {
    // @unchecked: fields never change; the memory is written under the disk's lock.
    static let poison: UInt8 = 0xDB
    /// How far past the end of the file poison is laid: not everywhere, as mappings may be huge.
    private static let poisonSize = FileContent.pageSize

    private let base: UnsafeMutableRawPointer
    private let count: Int

    var start: UnsafeRawPointer { unsafe UnsafeRawPointer(base) }

    var memory: UnsafeMutableRawBufferPointer {
        unsafe UnsafeMutableRawBufferPointer(start: base, count: count)
    }

    init(_ content: FileContent, size: Int) {
        count = size
        unsafe base = .allocate(byteCount: size, alignment: FileContent.pageSize)
        update(from: content, changed: 0..<content.size)
    }

    deinit { unsafe base.deallocate() }

    /// Copies the bytes of `changed`, and lays poison from the end of the file on.
    func update(from content: FileContent, changed: Range<Int>) {
        let live = changed.clamped(to: 0..<min(content.size, count))
        let target = unsafe UnsafeMutableRawBufferPointer(
            start: base + live.lowerBound, count: live.count)
        unsafe content.copy(live, to: target)
        let end = max(content.size, changed.upperBound) + Self.poisonSize
        let dead = (content.size..<end).clamped(to: 0..<count)
        unsafe (base + dead.lowerBound).initializeMemory(
            as: UInt8.self, repeating: Self.poison, count: dead.count)
    }
}
