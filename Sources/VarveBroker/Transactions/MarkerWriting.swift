internal import VarveBytes
internal import VarveGroups
internal import VarveLog
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms
internal import VarveTransactions
internal import VarveWire

extension Broker {
    /// Writes the markers that end a transaction, and tells its coordinator once all of them are
    /// durable. The decision is durable already.
    func write(_ markers: TransactionMarkers, of home: Partition) {
        let marker = TransactionMarker(
            markers.outcome, coordinatorEpoch: markers.coordinatorEpoch)
        var written: [Partition] = []
        var hasFailed = false
        for place in markers.partitions {
            guard let partition = partition(place.topic, place.index) else {
                // A topic that was deleted needs no markers.
                hasFailed = hasFailed || partitions.isClosed(place.topic, place.index)
                continue
            }
            do throws(LogError) {
                try write(marker, of: markers.producer, to: partition)
                written.append(partition)
            } catch {
                // A partition that knows of a later marker, an administrator's, needs none.
                if case .producer = error { continue }
                hasFailed = true
            }
        }
        afterFlush.append { _ in
            let isDurable = !hasFailed && !written.contains { $0.flushFailure != nil }
            self.finish(markers, of: home, isDurable: isDurable)
        }
    }

    private func finish(_ markers: TransactionMarkers, of home: Partition, isDurable: Bool) {
        // A coordinator that was given up meanwhile begins with these markers again.
        guard transactions.coordinators[home.index] != nil else { return }
        let now = TransactionCoordinator.Moment(
            instant: clock.now(), timestamp: clock.wallClock())
        _ = withTransactions(of: home, at: now) { coordinator, now, effects in
            if isDurable {
                coordinator.didWriteMarkers(markers, at: now, into: &effects)
            } else {
                coordinator.didFailToWriteMarkers(markers, at: now)
            }
        }
    }

    /// Appends one marker; it is durable after the flush at the end of the turn. Offsets that the
    /// transaction carries count from here on, or are forgotten.
    func write(
        _ marker: TransactionMarker, of producer: ProducerIdentity, to partition: Partition
    ) throws(LogError) {
        let now = clock.wallClock()
        var batch = ByteBuffer(capacity: 128)
        try marker.print(
            of: ProducerStamp(id: producer.id, epoch: producer.epoch, baseSequence: nil),
            now: now, into: &batch)
        try write(batch.bytes, to: partition, checking: .frame, now: now)
        note(partition)
        guard partition.topic == GroupHost.topic else { return }
        if var coordinator = groups.coordinators.take(partition.index) {
            coordinator.end(marker.outcome, of: producer.id)
            groups.coordinators.put(coordinator, at: partition.index)
        }
        afterFlush.append { _ in
            // Whether the marker is in the log is not known: the log has to say.
            if partition.flushFailure != nil { self.resign(partition) }
        }
    }
}

extension GroupCoordinator {
    /// A marker stands in the partition.
    mutating func end(_ outcome: TransactionOutcome, of producerID: Int64) {
        switch outcome {
        case .commit: commitTransaction(of: producerID)
        case .abort: abortTransaction(of: producerID)
        }
    }
}
