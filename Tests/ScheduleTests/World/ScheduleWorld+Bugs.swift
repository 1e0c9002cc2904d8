import VarveBytes
import VarveLog
import VarveRecords
import VarveTerms
import VarveTesting

@testable import VarveBroker
@testable import VarveGroups

/// What is planted.
extension ScheduleWorld {
    /// Lays what the schedule's bug does at the ends of turns.
    func plant() {
        guard let bug = schedule.bug else { return }
        broker.endTurn = { [unowned self] broker, end in
            switch bug {
            case .coordinatorsBeforeFlush:
                for partition in broker.dirty where partition.isInternal {
                    partition.isNoted = false
                }
                broker.dirty.removeAll(where: \.isInternal)
                end()
            case .markersOmitted:
                guard chance(of: 4), let partition = broker.partitions["p", 1],
                    let other = broker.partitions["p", 0]
                else { return end() }
                _ = broker.partitions.remove(of: "p", from: 1)
                end()
                broker.partitions.add(other)
                broker.partitions.add(partition)
            case .locksForgotten:
                if chance(of: 200) { broker.shares.partitions.removeAll() }
                end()
            case .offsetsForgotten:
                end()
                if chance(of: 500) { forgetOffsets(broker) }
            case .silenceIgnored:
                _ = broker.groups.coordinators.takeDue(at: now)
                end()
            default: end()
            }
        }
    }

    private func forgetOffsets(_ broker: Broker) {
        for index in broker.groups.coordinators.indices {
            guard var group = broker.groups.coordinators.take(index) else { continue }
            group.offsets.removeAll()
            broker.groups.coordinators.put(group, at: index)
        }
    }

    /// Writes a batch of a producer as if nobody had taken its place.
    func writeFenced(_ producer: Int64) {
        guard let log = partition("p-0")?.log, let known = log.producer(producer) else { return }
        let value = newValue()
        records.send(value, to: "p-0")
        records.end(value, .refused)
        let stamp = ProducerStamp(
            id: producer, epoch: known.epoch, baseSequence: (known.lastSequence ?? -1) + 1)
        let batch = Frames.batch(
            [value], of: stamp, isTransactional: true, at: wallClock)
        do {
            try log.write(batch.rawSpan, now: wallClock)
            try log.flush()
        } catch {
            // The next one may get through.
        }
    }

    /// Has a producer's offsets count at once.
    func countOffsets(of producer: Int64, in group: String) {
        guard let node = broker.broker,
            let home = node.offsetsPartition(of: group, at: wallClock),
            var coordinator = node.groups.coordinators.take(home.index)
        else { return }
        coordinator.commitTransaction(of: producer)
        node.groups.coordinators.put(coordinator, at: home.index)
    }
}
