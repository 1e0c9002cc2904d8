internal import VarveLog
internal import VarveRecords
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Writes markers that an administrator asks for, to end a transaction that hangs; the
    /// coordinators of this node write theirs themselves.
    func writeTxnMarkers(
        _ request: WriteTxnMarkersRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = WriteTxnMarkersResponse()
        var written: [(marker: Int, topic: Int, row: Int, partition: Partition)] = []
        for (number, marker) in request.markers.enumerated() {
            var result = WriteTxnMarkersResponse.WritableTxnMarkerResult()
            result.producerId = marker.producerId
            for (place, topic) in marker.topics.enumerated() {
                var rows = WriteTxnMarkersResponse.WritableTxnMarkerTopicResult()
                rows.name = topic.name
                for (row, index) in topic.partitionIndexes.enumerated() {
                    let partition = partition(topic.name, index)
                    let code = write(marker, to: partition)
                    rows.partitions.append(.init(partitionIndex: index, errorCode: code))
                    if let partition, code == .none {
                        written.append((number, place, row, partition))
                    }
                }
                result.topics.append(rows)
            }
            response.markers.append(result)
        }
        afterFlush.append { loop in
            for entry in written where entry.partition.flushFailure != nil {
                response.markers[entry.marker].topics[entry.topic].partitions[entry.row]
                    .errorCode = .kafkaStorageError
            }
            self.answer(response, to: context, on: loop)
        }
    }

    private func write(
        _ marker: WriteTxnMarkersRequest.WritableTxnMarker, to partition: Partition?
    ) -> ErrorCode {
        guard let partition else { return .unknownTopicOrPartition }
        guard marker.producerId >= 0, marker.producerEpoch >= 0 else { return .unknownServerError }
        if marker.transactionVersion >= TransactionVersion.v2.rawValue,
            let known = partition.log.producer(marker.producerId),
            known.transactionStart != nil, marker.producerEpoch <= known.epoch
        {
            // It is of a transaction that ended before this one began.
            return .invalidProducerEpoch
        }
        do throws(LogError) {
            try write(
                TransactionMarker(
                    marker.transactionResult ? .commit : .abort,
                    coordinatorEpoch: marker.coordinatorEpoch),
                of: ProducerIdentity(id: marker.producerId, epoch: marker.producerEpoch),
                to: partition)
        } catch {
            return ProduceRefusal(error).code
        }
        return .none
    }
}
