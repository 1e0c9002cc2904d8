internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// The log and its directory, for whoever holds the committer's role.
///
/// *Threads*: touched only by the committer, of which there is one at a time; the role passes on
/// under the core's lock, which orders what one did before what the next does.
final class LogOwner: @unchecked Sendable {
    // @unchecked: every access to `log` and `directory` is made in the committer's role.
    let directory: DataDirectory
    let log: Log
    let reader: LogReader
    let clock: any Clock
    private let compressor = Compressor()
    private var compressed = ByteBuffer(capacity: 64)
    private var lastFlush: Instant

    init(directory: DataDirectory, log: Log, clock: any Clock) {
        self.directory = directory
        self.log = log
        self.clock = clock
        reader = log.reader
        lastFlush = clock.now()
    }

    /// Writes what was collected and does what the policy asks for before it may be acknowledged.
    ///
    /// When it throws, batches from the front may have been written, to a segment that was then
    /// sealed; they are flushed as far as that goes, and the log's ends tell of them.
    func commit(_ staging: borrowing Staging, compression: Compression) throws(LogError) {
        do {
            try write(staging, compression)
        } catch {
            if log.settings.flushPolicy == .durable { try? log.flush() }
            throw error
        }
        if log.settings.flushPolicy == .durable { try log.flush() }
    }

    private func write(
        _ staging: borrowing Staging, _ compression: Compression
    ) throws(LogError) {
        let now = clock.wallClock()
        guard compression.codec != .none, !staging.uncompressed.isEmpty else {
            return try log.writeStamped(staging.bytes.bytes, now: now)
        }
        var buffer = ByteBuffer(capacity: 64)
        swap(&buffer, &compressed)
        do {
            try compress(staging, compression, into: &buffer)
            try log.writeStamped(buffer.bytes, now: now)
        } catch {
            swap(&buffer, &compressed)
            throw error
        }
        swap(&buffer, &compressed)
    }

    /// Copies the collected batches, the ones made here compressed.
    private func compress(
        _ staging: borrowing Staging, _ compression: Compression, into output: inout ByteBuffer
    ) throws(LogError) {
        output.removeAll()
        let bytes = staging.bytes.bytes
        var position = 0
        for plain in staging.uncompressed {
            output.append(bytes.extracting(position..<plain.lowerBound))
            do throws(CompressionError) {
                try BatchCompression.compress(
                    bytes.extracting(plain), with: compression, by: compressor, into: &output)
            } catch {
                throw .refusedRecord(.compression(error))
            }
            position = plain.upperBound
        }
        output.append(bytes.extracting(position..<bytes.byteCount))
    }

    /// Under `.interval`: flushes when the interval has passed.
    func flushIfDue(_ interval: Duration) throws(LogError) {
        let now = clock.now()
        guard now.duration(since: lastFlush) >= interval else { return }
        lastFlush = now
        try log.flush()
    }
}
