import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms
import VarveTesting
import VarveWire

@testable import VarveBroker

/// Looks into the broker, past the network.
extension ScheduleWorld {
    private static let places = ["p-0", "p-1", "in-0", "in-1", "out-0", "out-1", "s-0"]

    /// A partition whose log is open; after the last fault it is opened if it was not.
    func partition(_ place: String) -> Partition? {
        let (topic, index) = Place.parts(of: place)
        guard isCalm else { return broker.broker?.partitions[topic, index] }
        return broker.broker?.partition(topic, index)
    }

    /// Where a partition ends; nil while it is not there.
    func end(of place: String) -> Int64? { partition(place)?.reader.endOffset.rawValue }

    /// Holds what the logs show against what was promised so far.
    func audit() {
        guard violations.isEmpty, broker.isRunning else { return }
        for place in Self.places {
            guard let partition = partition(place) else { continue }
            checkStableOffset(partition, place)
            guard let rows = rows(of: partition, isCommitted: true) else { continue }
            guard !place.hasPrefix("out") else {
                checkCopies(rows, place)
                continue
            }
            take(records.read(rows, of: place))
            take(transactions.read(rows, of: place))
        }
    }

    /// What is committed of `in` is what `out` shows, as far as it has come.
    private func checkCopies(_ rows: [Frames.Row], _ place: String, isEnd: Bool = false) {
        guard let source = partition("in" + place.dropFirst(3)),
            let wanted = self.rows(of: source, isCommitted: true)
        else { return }
        let values = wanted.map { Copier.transformed($0.value) }
        let copies = rows.map(\.value)
        guard values.starts(with: copies), !isEnd || values.count == copies.count else {
            return fail("\(place) shows \(copies), wanted are \(values)")
        }
    }

    /// The records that a reader sees.
    private func rows(of partition: Partition, isCommitted: Bool) -> [Frames.Row]? {
        var rows: [Frames.Row] = []
        var scanner = RecordScanner()
        var offset = partition.reader.startOffset
        do {
            while case .batches(let batches) = try partition.reader.read(
                from: offset, isolation: isCommitted ? .committed : .uncommitted)
            {
                try batches.forEachRecord(with: &scanner, from: offset) { record in
                    let value = Int(record.value?.text() ?? "") ?? -1
                    rows.append(Frames.Row(offset: record.offset.rawValue, value: value))
                }
                offset = batches.nextOffset
            }
        } catch {
            // A disk that fails just now.
            return nil
        }
        return rows
    }

    /// Up to the first record of an open transaction, and no further, everything is stable.
    private func checkStableOffset(_ partition: Partition, _ place: String) {
        let end = partition.reader.endOffset
        var open: [Int64: Int64] = [:]
        var offset = partition.reader.startOffset
        do {
            while case .batches(let batches) = try partition.reader.read(
                from: offset, isolation: .uncommitted)
            {
                batches.forEachBatch { header, _ in
                    guard header.attributes.isTransactional else { return }
                    if header.attributes.isControl {
                        open[header.producerId] = nil
                    } else if open[header.producerId] == nil {
                        open[header.producerId] = header.baseOffset
                    }
                }
                offset = batches.nextOffset
            }
        } catch {
            return
        }
        let wanted = min(open.values.min() ?? end.rawValue, end.rawValue)
        let stable = partition.reader.lastStableOffset().rawValue
        if stable != wanted { fail("\(place) is stable up to \(stable), not \(wanted)") }
    }

    /// Tells every batch of every open log, where what happens is told.
    func traceLogs() {
        guard trace != nil, let all = broker.broker?.partitions.all else { return }
        for partition in all.sorted(by: { $0.log.name < $1.log.name }) {
            var offset = partition.reader.startOffset
            note("\(partition.log.name), stable to \(partition.reader.lastStableOffset())")
            while case .batches(let batches)? = try? partition.reader.read(
                from: offset, through: .includingUnflushed)
            {
                batches.forEachBatch { header, bytes in
                    let marker = TransactionMarker(bytes).map { "\($0.outcome)" }
                    note(
                        "  \(header.baseOffset) producer \(header.producerId) in "
                            + "\(header.producerEpoch), sequence \(header.baseSequence), "
                            + "\(marker ?? "records: \(header.recordsCount)"), "
                            + "at \(header.maxTimestamp), leader \(header.partitionLeaderEpoch)")
                }
                offset = batches.nextOffset
            }
        }
    }

    // MARK: The end

    /// Holds all that is seen at the end against all that was promised.
    func checkEnd() {
        // What producers that are gone left open ends when its time is up.
        broker.advance(by: .seconds(12))
        broker.advance(by: .seconds(2))
        audit()
        var visible: [String: [Frames.Row]] = [:]
        for place in Self.places {
            guard let partition = partition(place),
                let rows = rows(of: partition, isCommitted: true)
            else {
                fail("\(place) cannot be read")
                continue
            }
            visible[place] = rows
            let (stable, end) = (partition.reader.lastStableOffset(), partition.reader.endOffset)
            if stable != end { fail("\(place) hangs at \(stable)") }
            if place.hasPrefix("out") { checkCopies(rows, place, isEnd: true) }
            if !place.hasPrefix("out") { take(records.checkEnd(rows, of: place)) }
        }
        take(transactions.checkEnd(visible))
        if members.contains(where: { $0 is ShareMember }) {
            take(shares.checkEnd((visible["s-0"] ?? []).map(\.offset)))
        }
    }
}
