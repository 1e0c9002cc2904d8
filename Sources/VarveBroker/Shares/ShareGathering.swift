internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveShares
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// An answer to a ShareFetch while it is put together.
struct ShareFetchAnswer {
    var rows: [TopicPartition: ShareFetchResponse.PartitionData] = [:]
    var records: [any LentBytes] = []
}

/// Some whole batches of what was read.
private struct LentBatches: LentBytes {
    let batches: PinnedBatches
    let range: Range<Int>

    var size: ByteCount { ByteCount(range.count) }
    var heldSize: ByteCount { .zero }
    func lend(_ body: (RawSpan) -> Void) { body(batches.bytes.extracting(range)) }
}

/// What was read for a partition of a fetch.
private struct ShareReading {
    var place: TopicPartition
    var key: SharePartitionKey
    var topic: Partition
    var batches: PinnedBatches

    /// The offsets of each batch, and where transactions were given up.
    var log: LogBatches {
        var log = LogBatches([])
        var filter = AbortedFilter(batches.abortedTransactions)
        batches.forEachBatch { header, bytes in
            guard let offsets = header.shareOffsets else { return }
            log.batches.append(offsets)
            if filter.hides(header, bytes) { log.hidden.append(offsets) }
        }
        return log
    }

    /// The bytes from the first batch with acquired records to the last.
    func lent(_ acquired: [AcquiredRecords]) -> LentBatches? {
        guard let first = acquired.first?.offsets.lowerBound,
            let last = acquired.last?.offsets.upperBound
        else { return nil }
        var (start, end, position) = (Int?.none, 0, 0)
        batches.forEachBatch { header, bytes in
            let next = position + bytes.byteCount
            if let offsets = header.shareOffsets, offsets.upperBound > first,
                offsets.lowerBound < last
            {
                start = start ?? position
                end = next
            }
            position = next
        }
        return start.map { LentBatches(batches: batches, range: $0..<end) }
    }
}

extension BatchHeader {
    /// Nil for a header that makes no sense, which no log takes.
    fileprivate var shareOffsets: Range<Offset>? {
        guard let lower = Offset(exactly: baseOffset), let last = lastOffset, last < .max,
            let upper = Offset(exactly: last + 1), lower < upper
        else { return nil }
        return lower..<upper
    }
}

extension Broker {
    /// Acquires what a fetch may have.
    /// - Returns: nil when there is not enough, and the fetch may wait for more.
    func gather(
        _ fetch: PendingShareFetch, isDue: Bool, _ work: inout ShareWork
    ) -> ShareFetchAnswer? {
        // Offsets without records are passed over on the way, and then it is looked once more.
        var answer = ShareFetchAnswer()
        for _ in 0..<8 {
            answer = ShareFetchAnswer()
            let readings = read(fetch, into: &answer, &work)
            let size = readings.reduce(0) { $0 + $1.batches.size.bytes }
            // Trouble with a partition is told with the answer, but does not end the wait: clients
            // would ask again at once.
            guard isDue || (!readings.isEmpty && size >= fetch.sizeMin) else { return nil }
            acquire(readings, fetch, into: &answer, &work)
            if !answer.records.isEmpty || readings.isEmpty { return answer }
        }
        return isDue ? answer : nil
    }

    /// Reads from where each share partition goes on. Rows are made of what fails.
    private func read(
        _ fetch: PendingShareFetch, into answer: inout ShareFetchAnswer, _ work: inout ShareWork
    ) -> [ShareReading] {
        var readings: [ShareReading] = []
        var room = fetch.sizeMax
        let isolation = shareConfigs(of: fetch.session.group).isolation
        for place in fetch.places where room > 0 || readings.isEmpty {
            do throws(ShareTrouble) {
                guard let reading = try read(place, fetch, isolation, sizeMax: room, &work) else {
                    continue
                }
                guard readings.isEmpty || reading.batches.size.bytes <= room else { continue }
                room -= reading.batches.size.bytes
                readings.append(reading)
            } catch {
                answer.rows[place] = .init(errorCode: error.code, errorMessage: error.message)
            }
        }
        return readings
    }

    private func read(
        _ place: TopicPartition, _ fetch: PendingShareFetch, _ isolation: ReadIsolation,
        sizeMax: Int, _ work: inout ShareWork
    ) throws(ShareTrouble) -> ShareReading? {
        guard partitions.name(of: place.topicID) != nil else { throw .unknownTopicID }
        guard let topic = partition(place.topicID, place.index) else {
            throw ShareTrouble(.unknownTopicOrPartition)
        }
        let key = SharePartitionKey(
            group: fetch.session.group, topicID: place.topicID, partition: place.index)
        let next = try withSharePartition(key, of: topic, &work) {
            $0.hasRoom ? $0.nextOffset : nil
        }
        guard let next else { return nil }
        do throws(LogError) {
            let outcome = try topic.reader.read(
                from: next, sizeMax: ByteCount(max(1, sizeMax)), isolation: isolation)
            guard case .batches(let batches) = outcome else { return nil }
            return ShareReading(place: place, key: key, topic: topic, batches: batches)
        } catch {
            throw .storage
        }
    }

    private func acquire(
        _ readings: [ShareReading], _ fetch: PendingShareFetch,
        into answer: inout ShareFetchAnswer, _ work: inout ShareWork
    ) {
        var request = fetch.acquiring
        for reading in readings where request.recordCountMax > 0 {
            let now = work.now
            do throws(ShareTrouble) {
                let got = try withSharePartition(reading.key, of: reading.topic, &work) {
                    $0.acquire(request, from: reading.log, at: now)
                }
                guard let lent = reading.lent(got) else { continue }
                request.recordCountMax -= got.reduce(0) { $0 + $1.count }
                var row = ShareFetchResponse.PartitionData()
                row.records = RecordsSlice(start: answer.records.count, count: lent.size.bytes)
                row.acquiredRecords = got.map {
                    .init(
                        firstOffset: $0.offsets.lowerBound.rawValue,
                        lastOffset: $0.offsets.upperBound.rawValue - 1,
                        deliveryCount: $0.deliveryCount)
                }
                answer.records.append(lent)
                answer.rows[reading.place] = row
            } catch {
                answer.rows[reading.place] = .init(
                    errorCode: error.code, errorMessage: error.message)
            }
        }
    }
}
