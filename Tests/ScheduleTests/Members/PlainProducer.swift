import VarveRecords
import VarveTerms
import VarveWire

/// A producer without transactions, idempotent or not.
///
/// The idempotent one sends again what was lost until it is answered: with one request in flight it
/// is never out of order.
final class PlainProducer: Member {
    private let places: [String]
    private let isIdempotent: Bool
    private let version: Int16
    private var identity: (id: Int64, epoch: Int16)?
    private var sequences: [String: Int32] = [:]
    private var again: (value: Int, place: String)?
    private var calmCount = 0

    init(_ world: ScheduleWorld, _ name: String, to places: [String], isIdempotent: Bool) {
        self.places = places
        self.isIdempotent = isIdempotent
        version = [3, 9, 12].randomElement(using: &world.random) ?? 9
        super.init(world, name)
    }

    override var isSettled: Bool { calmCount >= 2 && again == nil }
    override var complaint: String { "produced \(calmCount)" }

    override func act() {
        sleep(20, 900)
        guard line.isIdle, !isSettled else { return }
        if isIdempotent, identity == nil { return initialize() }
        let next: (value: Int, place: String)
        if let again {
            next = again
        } else {
            next = (world.newValue(), world.pick(places))
            world.records.send(next.value, to: next.place)
            if isIdempotent { again = next }
        }
        produce(next.value, to: next.place)
    }

    private func initialize() {
        let request = InitProducerIdRequest(transactionalId: nil, transactionTimeoutMs: 10_000)
        line.ask(request, 4, for: InitProducerIdResponse.self) { [self] reply in
            guard let answer = reply?.message else { return }
            if answer.errorCode == .none {
                identity = (answer.producerId, answer.producerEpoch)
                sequences = [:]
            } else if !answer.errorCode.isPassing {
                fail("InitProducerId: \(answer.errorCode)")
            }
        }
    }

    private func produce(_ value: Int, to place: String) {
        let stamp = identity.map {
            ProducerStamp(id: $0.id, epoch: $0.epoch, baseSequence: sequences[place] ?? 0)
        }
        let batch = Frames.batch([value], of: stamp, at: world.wallClock)
        let request = ProduceRequest.one(batch, to: place)
        line.ask(request, version, records: batch, for: ProduceResponse.self) { [self] reply in
            switch reply?.message.code {
            case nil: break
            case ErrorCode.none:
                world.records.end(value, .acknowledged)
                world.count("produced")
                again = nil
                sequences[place, default: 0] += 1
                if world.isCalm { calmCount += 1 }
            case let code? where code.isPassing: break
            case let code?: fail("produce \(value): \(code)")
            }
        }
    }
}

extension ProduceRequest {
    /// One batch, the only one that the request's records hold.
    static func one(
        _ batch: [UInt8], to place: String, of transactionalID: String? = nil
    ) -> ProduceRequest {
        let (topic, index) = Place.parts(of: place)
        let slice = RecordsSlice(start: 0, count: batch.count)
        return ProduceRequest(
            transactionalId: transactionalID, acks: -1, timeoutMs: 1000,
            topicData: [.init(name: topic, partitionData: [.init(index: index, records: slice)])])
    }
}

extension ProduceResponse {
    /// Of the only partition that was asked for.
    var code: ErrorCode? { responses.first?.partitionResponses.first?.errorCode }
}

/// Partitions as `topic-index`.
enum Place {
    static func parts(of place: String) -> (topic: String, index: Int32) {
        let parts = place.split(separator: "-")
        return (String(parts[0]), Int32(parts[1]) ?? 0)
    }
}
