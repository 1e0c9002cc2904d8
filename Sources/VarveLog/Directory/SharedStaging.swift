internal import Synchronization
internal import VarveBytes

/// The memory in which batches are stamped before they are written: one buffer for all logs of a
/// directory, so that ten thousand of them do not each keep one as large as their largest append.
///
/// *Threads*: logs of one directory may be owned by different threads; whoever finds the buffer
/// taken makes another one.
final class SharedStaging: Sendable {
    private let buffer = Mutex<ByteBuffer?>(nil)

    /// An empty buffer, with room from earlier use where nobody else has it just now.
    func take() -> ByteBuffer {
        guard var taken = buffer.withLock({ $0.take() }) else { return ByteBuffer(capacity: 4096) }
        taken.removeAll()
        return taken
    }

    /// Keeps the buffer for the next one.
    func give(back used: consuming sending ByteBuffer) {
        var used = Optional(used)
        buffer.withLock { $0 = used.take() }
    }
}
