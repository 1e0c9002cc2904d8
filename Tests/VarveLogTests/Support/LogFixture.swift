import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSystem
import VarveTerms

/// Ready-made surroundings, names and batches for tests of the engine.
enum LogFixture {
    static var name: LogName {
        guard let name = LogName(folder: "log-0") else { preconditionFailure("a lawful name") }
        return name
    }

    static func linux(bootID: UniqueID = UniqueID(high: 1, low: 1)) -> Surroundings {
        Surroundings(
            fileSystem: LinuxFileSystem(), clock: LinuxClock(), randomness: LinuxRandomness(),
            processID: 1, bootID: bootID)
    }

    /// Small segments and dense indexes, so that a few KiB have many of both.
    static func smallSegments(_ policy: FlushPolicy = .durable) -> LogSettings {
        var settings = LogSettings()
        settings.flushPolicy = policy
        settings.segmentSizeMax = .kib(4)
        settings.indexInterval = ByteCount(256)
        settings.indexSizeMax = .kib(1)
        return settings
    }

    /// A batch of `count` records whose values are `prefix` and the record's number.
    static func batch(
        _ prefix: String, count: Int = 1, compression: Compression = .none,
        timestamp: Int64 = 1_000, padding: Int = 0
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.compression = compression
        builder.begin(settings)
        for number in 0..<count {
            let value = Array("\(prefix)-\(number)".utf8) + [UInt8](repeating: 46, count: padding)
            _ = try builder.append(
                key: nil, value: value.rawSpan,
                timestamp: Timestamp(milliseconds: timestamp + Int64(number)))
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    /// Every record's value as text, from `start` to the visible end.
    static func values(
        of reader: LogReader, from start: Offset? = nil, through visibility: Visibility? = nil
    ) throws -> [String] {
        var next = start ?? reader.startOffset
        var values: [String] = []
        var scanner = RecordScanner()
        while case .batches(let batches) = try reader.read(from: next, through: visibility) {
            try batches.forEachBatch { (_, bytes) throws(BatchDefect) in
                try scanner.forEachRecord(in: bytes) { record in
                    guard record.offset >= next else { return }
                    values.append(String(decoding: record.value?.array() ?? [], as: UTF8.self))
                }
            }
            next = batches.nextOffset
        }
        return values
    }
}
