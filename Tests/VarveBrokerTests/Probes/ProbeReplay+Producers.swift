import VarveTesting
import VarveWire

/// Producer ids stand inside of batches, under their checksum: they are not translated as names
/// are. The broker is brought to give the ones that Kafka gave.
extension ProbeReplay {
    /// Has ids given out until the next one is the one that Kafka gave.
    func alignProducerIDs(with probe: Probe) throws {
        guard probe.api == "InitProducerId", case .answer(.object(let fields)) = probe.outcome,
            case .number(let id)? = fields["producerId"], id >= producerIDs.upperBound
        else { return }
        for _ in producerIDs.upperBound..<id {
            _ = try broker.ask(
                InitProducerIdRequest(transactionalId: nil, transactionTimeoutMs: 60_000),
                version: 0, for: InitProducerIdResponse.self)
        }
        producerIDs = 0..<id + 1
    }
}
