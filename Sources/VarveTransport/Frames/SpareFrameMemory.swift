internal import VarveBytes

/// Memory in which a long frame was collected, kept for the next one: an allocator gives as much
/// back to the system with each frame, and every page of it comes back by a fault.
///
/// One for each event loop. It is with the connection that collects a frame, and counts as that
/// one's memory, or here.
///
/// *Threads*: owned by one event loop.
final class SpareFrameMemory {
    /// What is larger goes back to the system, and what is smaller is not worth keeping: reads of
    /// shorter frames need no memory of a connection.
    static let sizes = 64 << 10...2 << 20

    private var kept: ByteBuffer?

    /// How much is kept here.
    private(set) var size = 0

    /// Lends the memory where it is large enough.
    func take(atLeast wanted: Int) -> ByteBuffer? {
        guard size >= wanted else { return nil }
        size = 0
        return kept.take()
    }

    /// Keeps memory that nobody needs, unless there is as much already.
    func give(_ memory: consuming ByteBuffer) {
        guard Self.sizes.contains(memory.capacity), memory.capacity > size else { return }
        memory.removeAll()
        memory.countMax = nil
        size = memory.capacity
        kept = consume memory
    }
}
