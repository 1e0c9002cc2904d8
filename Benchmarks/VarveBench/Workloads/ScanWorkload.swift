internal import CBench
internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// A log that lies in the page cache, from its first record to its last.
final class ScanWorkload {
    private let opened: OpenedLog
    private let memory: MappedBytes
    private let size: Int

    init(_ bench: Workbench) throws {
        let pool = try BatchPool(
            count: bench.scaled(64, smoke: 2), recordsPerBatch: 100, seed: bench.options.seed)
        opened = try OpenedLog(
            in: try bench.makeFolder(), on: bench, OpenedLog.settings(.pageCache))
        var memory = ByteBuffer(capacity: 64)
        for number in 0..<bench.scaled(10_000, smoke: 4) {
            try bench.checkStop()
            let batch = pool.batch(number)
            try opened.log.append(batch, checking: .frame)
            memory.append(batch)
        }
        size = memory.count
        self.memory = SharedBytes.copy(of: memory)
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                try round.time(work: self.size) { _ in try self.scan() }
            },
            reference: { round in
                round.time(work: self.size) { _ in
                    let memory = self.memory
                    let bytes = memory.bytes(in: 0..<self.size)
                    return unsafe bytes.withUnsafeBytes { bytes in
                        unsafe bench_sum(bytes.baseAddress, bytes.count)
                    }
                }
            })
    }

    /// - Returns: a digest of each record's offset, size and first word.
    private func scan() throws -> UInt64 {
        let reader = opened.log.reader
        var next = reader.startOffset
        var digest: UInt64 = 0
        while case .batches(let batches) = try reader.read(from: next) {
            let bytes = batches.bytes
            var position = 0
            while position < bytes.byteCount {
                let batch = try RecordBatchView(bytes, at: position)
                var records = batch.records
                while let record = try records.next() {
                    digest = Digest.of(digest, UInt64(record.offset.rawValue))
                    if let value = record.value, value.byteCount >= 8 {
                        digest ^= UInt64(value.byteCount)
                        digest &+= unsafe value.unsafeLoadUnaligned(as: UInt64.self)
                    }
                }
                position += batch.bytes.byteCount
            }
            next = batches.nextOffset
        }
        return digest
    }
}
