import VarveTerms
import VarveWire

/// Reads what is committed, partition after partition, from the start to the end and again.
final class CommittedReader: Member {
    private let places: [String]
    private var place = 0
    private var offset: Int64 = 0
    private var calmCount = 0

    init(_ world: ScheduleWorld, _ name: String, of places: [String]) {
        self.places = places
        super.init(world, name)
    }

    override var isSettled: Bool { calmCount > places.count }
    override var complaint: String { "read \(calmCount) partitions" }

    override func act() {
        sleep(20, 600)
        guard line.isIdle else { return }
        let (topic, index) = Place.parts(of: places[place])
        let isolation: Int8 = world.schedule.bug == .stableOffsetIgnored ? 0 : 1
        let request = FetchRequest(
            maxWaitMs: 200, minBytes: 1, maxBytes: 1 << 20, isolationLevel: isolation,
            topics: [
                .init(
                    topic: topic,
                    partitions: [
                        .init(
                            partition: index, fetchOffset: offset,
                            partitionMaxBytes: world.pick([100, 500, 1 << 20]))
                    ])
            ])
        line.ask(request, 12, for: FetchResponse.self) { [self] reply in
            guard let reply, let row = reply.message.responses.first?.partitions.first else {
                return
            }
            guard row.errorCode == ErrorCode.none else {
                if !row.errorCode.isPassing { fail("fetch: \(row.errorCode)") }
                return
            }
            take(row, reply.frame)
        }
    }

    private func take(_ row: FetchResponse.PartitionData, _ frame: [UInt8]) {
        if row.lastStableOffset > row.highWatermark {
            fail("\(places[place]) is stable beyond its end")
        }
        let aborted = (row.abortedTransactions ?? []).map { ($0.producerId, $0.firstOffset) }
        let slice = row.records ?? RecordsSlice()
        guard
            let found = Frames.rows(in: frame, slice, from: offset, without: aborted)
        else { return fail("\(places[place]) gives malformed records") }
        if let last = found.rows.last, last.offset >= row.lastStableOffset {
            fail("\(places[place]) gives \(last), stable is \(row.lastStableOffset)")
        }
        world.take(world.records.read(found.rows, of: places[place]))
        world.take(world.transactions.read(found.rows, of: places[place]))
        world.count("read batches")
        guard found.next == offset || world.chance(of: 30) else {
            offset = found.next
            return
        }
        (place, offset) = ((place + 1) % places.count, 0)
        if world.isCalm { calmCount += 1 }
    }
}
