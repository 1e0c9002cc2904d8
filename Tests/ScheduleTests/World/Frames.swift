import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms
import VarveWire

/// Requests as frames, answers read back, and the records in them.
enum Frames {
    static func frame(
        _ request: some WireMessage, version: Int16, with records: [UInt8] = []
    ) -> [UInt8] {
        guard let number = type(of: request).schema.key, let api = APIKey(rawValue: number) else {
            preconditionFailure("\(type(of: request)) is no request")
        }
        let header = RequestHeader(
            requestApiKey: number, requestApiVersion: version, correlationId: 1,
            clientId: "schedule")
        var writer = WireWriter()
        do throws(WireError) {
            try header.encode(into: &writer, version: api.requestHeaderVersion(for: version))
            try request.encode(into: &writer, version: version)
        } catch {
            preconditionFailure("\(error)")
        }
        return writer.joined(with: records.rawSpan)
    }

    static func decode<Answer: WireMessage>(
        _ frame: [UInt8], version: Int16, as type: Answer.Type
    ) -> Answer? {
        guard let api = Answer.schema.key.flatMap({ APIKey(rawValue: $0) }) else { return nil }
        var reader = WireReader(frame.rawSpan)
        do throws(WireError) {
            let headerVersion = api.responseHeaderVersion(for: version)
            _ = try ResponseHeader(decoding: &reader, version: headerVersion)
            return try Answer(decoding: &reader, version: version)
        } catch {
            return nil
        }
    }

    /// One batch of numbers.
    static func batch(
        _ values: [Int], of producer: ProducerStamp? = nil, isTransactional: Bool = false,
        at time: Timestamp
    ) -> [UInt8] {
        var settings = BatchSettings()
        settings.producer = producer
        if isTransactional { settings.kind = .transactional }
        var builder = RecordBatchBuilder()
        builder.begin(settings)
        var output = ByteBuffer()
        do throws(BatchBuildError) {
            for value in values {
                let text = Array("\(value)".utf8)
                _ = try builder.append(key: nil, value: text.rawSpan, timestamp: time)
            }
            try builder.finish(with: Compressor(), into: &output)
        } catch {
            preconditionFailure("\(error)")
        }
        return output.bytes.array()
    }

    // MARK: Records

    struct Row: Hashable {
        var offset: Int64
        var value: Int
    }

    /// What a consumer makes of an answer's records.
    ///
    /// - Parameters:
    ///   - aborted: producers whose records are to be left out, and from where on.
    /// - Returns: the records from `start` on, and where to read on; nil when they are malformed.
    static func rows(
        in frame: [UInt8], _ slice: RecordsSlice, from start: Int64,
        without aborted: [(producer: Int64, first: Int64)] = []
    ) -> (rows: [Row], next: Int64)? {
        guard slice.count >= 0, slice.start >= 0, slice.range.upperBound <= frame.count else {
            return nil
        }
        let bytes = frame.rawSpan.extracting(slice.range)
        var (rows, next, position): ([Row], Int64, Int) = ([], start, 0)
        var (waiting, hidden): ([(producer: Int64, first: Int64)], Set<Int64>) = (aborted, [])
        var scanner = RecordScanner()
        while let header = BatchHeader(bytes, at: position),
            position + header.sizeInBytes <= bytes.byteCount
        {
            let batch = bytes.extracting(position..<position + header.sizeInBytes)
            position += header.sizeInBytes
            let last = header.baseOffset + Int64(header.lastOffsetDelta)
            next = last + 1
            for one in waiting where one.first <= last { hidden.insert(one.producer) }
            waiting.removeAll { $0.first <= last }
            if header.attributes.isControl {
                if TransactionMarker(batch)?.outcome == .abort { hidden.remove(header.producerId) }
                continue
            }
            if header.attributes.isTransactional, hidden.contains(header.producerId) { continue }
            do throws(BatchDefect) {
                try scanner.forEachRecord(in: batch) { (record) throws(BatchDefect) in
                    guard record.offset.rawValue >= start else { return }
                    let value = record.value?.text().flatMap { Int($0) }
                    rows.append(Row(offset: record.offset.rawValue, value: value ?? -1))
                }
            } catch {
                return nil
            }
        }
        return (rows, next)
    }
}

extension ErrorCode {
    /// Whether what failed may be asked again: the broker, or its disk, is not well just now.
    var isPassing: Bool {
        switch self {
        case .kafkaStorageError, .notLeaderOrFollower, .unknownTopicOrPartition,
            .coordinatorNotAvailable, .notCoordinator, .coordinatorLoadInProgress,
            .concurrentTransactions, .unknownTopicId, .requestTimedOut, .leaderNotAvailable,
            .notEnoughReplicas:
            true
        default: false
        }
    }
}
