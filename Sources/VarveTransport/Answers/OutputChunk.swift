internal import VarveBytes

/// Memory that small parts of answers are copied to. Bytes once written stay where they are.
final class OutputChunk {
    static let capacity = 16 << 10

    private var buffer = ByteBuffer(capacity: capacity)

    func hasRoom(for size: Int) -> Bool { Self.capacity - buffer.count >= size }

    /// - Precondition: there is room for what `write` appends.
    /// - Returns: where it stands.
    func append(_ write: (inout ByteBuffer) -> Void) -> Range<Int> {
        let start = buffer.count
        write(&buffer)
        precondition(buffer.count <= Self.capacity, "a chunk of \(buffer.count) bytes")
        return start..<buffer.count
    }

    func lend(_ range: Range<Int>, _ body: (RawSpan) -> Void) {
        buffer.lend(range, body)
    }

    func clear() { buffer.removeAll() }
}

/// Chunks that nobody writes to now, for all connections of one event loop: a connection without
/// answers on their way holds none.
final class ChunkPool {
    /// 1 MiB.
    private static let countMax = 64

    private var free: [OutputChunk] = []

    func take() -> OutputChunk { free.popLast() ?? OutputChunk() }

    /// - Precondition: nobody else knows the chunk.
    func giveBack(_ chunk: OutputChunk) {
        guard free.count < Self.countMax else { return }
        chunk.clear()
        free.append(chunk)
    }
}

extension ByteBuffer {
    /// Lends the bytes of `range` during the call. A span of a buffer that is a property of a class
    /// cannot be had otherwise.
    func lend(_ range: Range<Int>, _ body: (RawSpan) -> Void) { body(bytes.extracting(range)) }
}
