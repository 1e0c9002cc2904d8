import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms

/// A segment that Kafka wrote: its batches, one by one.
struct GoldenSegment {
    /// Path without the suffix: `transactions-0/00000000000000000065`.
    var stem: String
    var base: Offset
    /// The bytes up to the end of the last whole batch.
    var log: [UInt8]
    var batches: [[UInt8]] = []
    var headers: [BatchHeader] = []

    init(stem: String, base: Offset, file: [UInt8]) {
        (self.stem, self.base) = (stem, base)
        var position = 0
        while let header = try? BatchCheck.frame(file.rawSpan, at: position) {
            batches.append(Array(file[position..<position + header.sizeInBytes]))
            headers.append(header)
            position += header.sizeInBytes
        }
        log = Array(file[..<position])
    }
}

enum GoldenLog {
    /// The segments of every log, in order.
    static func all(in files: [String: [UInt8]]) throws -> [(LogName, [GoldenSegment])] {
        var logs: [LogName: [GoldenSegment]] = [:]
        for (path, bytes) in files where path.hasSuffix(".log") {
            let parts = path.split(separator: "/").map(String.init)
            guard parts.count == 2, let name = LogName(folder: parts[0]) else { continue }
            let base = try #require(Int64(parts[1].dropLast(4)), "\(path)")
            logs[name, default: []].append(
                GoldenSegment(stem: String(path.dropLast(4)), base: Offset(base), file: bytes))
        }
        return logs.map { ($0.key, $0.value.sorted { $0.base < $1.base }) }
            .sorted { $0.0 < $1.0 }
    }
}
