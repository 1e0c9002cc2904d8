internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Batches that are built before anything is measured: random values of 1 KiB, without keys.
///
/// There are more of them than the caches near a processor hold. Each starts on a 4096-byte
/// boundary: copies whose two ends differ by 1 to 31 bytes within a page are several times slower
/// on some processors, and both sides of a comparison must meet that equally often.
struct BatchPool {
    static let valueSize = 1024
    private static let pageSize = 4096
    private let memory: MappedBytes
    private let places: [Range<Int>]
    let recordsPerBatch: Int

    /// - Precondition: `count > 0`.
    init(count: Int, recordsPerBatch: Int, seed: UInt64) throws {
        precondition(count > 0, "\(count) batches")
        self.recordsPerBatch = recordsPerBatch
        var memory = ByteBuffer(capacity: Self.pageSize)
        var places: [Range<Int>] = []
        var generator = SeededGenerator(seed: seed)
        var builder = RecordBatchBuilder(capacity: recordsPerBatch * (Self.valueSize + 32))
        for _ in 0..<count {
            builder.begin(BatchSettings())
            for record in 0..<recordsPerBatch {
                let value = Self.value(from: &generator)
                _ = try builder.append(
                    key: nil, value: value.rawSpan,
                    timestamp: Timestamp(milliseconds: 1_700_000_000_000 + Int64(record)))
            }
            _ = try builder.seal()
            let start = memory.count
            memory.append(builder.sealedBytes)
            places.append(start..<memory.count)
            memory.appendZeros((Self.pageSize - memory.count % Self.pageSize) % Self.pageSize)
        }
        self.memory = SharedBytes.copy(of: memory)
        self.places = places
    }

    /// Bytes that cannot be compressed.
    static func value(from generator: inout SeededGenerator) -> [UInt8] {
        var value: [UInt8] = []
        value.reserveCapacity(valueSize)
        while value.count < valueSize {
            let word = generator.next()
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                value.append(UInt8(truncatingIfNeeded: word >> shift))
            }
        }
        return value
    }

    var count: Int { places.count }

    /// The size of every batch.
    var batchSize: Int { places[0].count }

    /// A batch; the number wraps round.
    @_lifetime(borrow self)
    func batch(_ number: Int) -> RawSpan {
        memory.bytes(in: places[number % places.count])
    }

    /// `count` batches without gaps between them.
    func joined(_ count: Int) -> ByteBuffer {
        var joined = ByteBuffer(capacity: count * batchSize)
        for number in 0..<count { joined.append(batch(number)) }
        return joined
    }
}

/// Bytes that any number of closures may hold.
enum SharedBytes {
    static func copy(of buffer: borrowing ByteBuffer) -> MappedBytes {
        let bytes = buffer.bytes
        return MappedBytes.copying(size: bytes.byteCount) { target in
            unsafe target.withUnsafeMutableBytes { target in
                unsafe bytes.withUnsafeBytes { unsafe target.copyMemory(from: $0) }
            }
            return bytes.byteCount
        }
    }
}
