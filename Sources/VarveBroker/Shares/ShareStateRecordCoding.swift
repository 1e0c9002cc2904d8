internal import VarveBytes
internal import VarveShares
internal import VarveTerms
internal import VarveWire

/// Records of `__share_group_state`.
extension ShareStateRecord: KeptRecord {
    var type: Int16 {
        switch self {
        case .snapshot: 0
        case .update: 1
        }
    }

    var key: any WireMessage {
        switch self {
        case .snapshot(let key, _):
            ShareSnapshotKey(groupId: key.group, topicId: key.topicID, partition: key.partition)
        case .update(let key, _, _, _):
            ShareUpdateKey(groupId: key.group, topicId: key.topicID, partition: key.partition)
        }
    }

    var value: (any WireMessage)? {
        switch self {
        case .snapshot(_, nil): return nil
        case .snapshot(_, let state?):
            return ShareSnapshotValue(
                snapshotEpoch: state.snapshotEpoch, stateEpoch: state.stateEpoch,
                leaderEpoch: state.leaderEpoch, startOffset: state.start?.rawValue ?? -1,
                deliveryCompleteCount: state.deliveryCompleteCount,
                createTimestamp: state.createTimestamp.milliseconds,
                writeTimestamp: state.writeTimestamp.milliseconds,
                stateBatches: state.batches.map {
                    .init(
                        firstOffset: $0.firstOffset, lastOffset: $0.lastOffset,
                        deliveryState: $0.state.rawValue, deliveryCount: $0.deliveryCount)
                })
        case .update(_, let snapshotEpoch, let leaderEpoch, let update):
            return ShareUpdateValue(
                snapshotEpoch: snapshotEpoch, leaderEpoch: leaderEpoch,
                startOffset: update.start?.rawValue ?? -1,
                deliveryCompleteCount: update.deliveryCompleteCount,
                stateBatches: update.batches.map {
                    .init(
                        firstOffset: $0.firstOffset, lastOffset: $0.lastOffset,
                        deliveryState: $0.state.rawValue, deliveryCount: $0.deliveryCount)
                })
        }
    }

    /// - Returns: nil for a record of another type.
    init?(key: RawSpan, value: RawSpan?) throws(WireError) {
        guard key.byteCount >= 2 else { return nil }
        switch key.int16(at: 0) {
        case 0:
            let key = try ShareSnapshotKey(afterTypeOf: key)
            let place = SharePartitionKey(
                group: key.groupId, topicID: key.topicId, partition: key.partition)
            guard let value else {
                self = .snapshot(place, nil)
                return
            }
            self = .snapshot(place, ShareState(try ShareSnapshotValue(afterVersionOf: value)))
        case 1:
            guard let value else { return nil }
            let key = try ShareUpdateKey(afterTypeOf: key)
            let place = SharePartitionKey(
                group: key.groupId, topicID: key.topicId, partition: key.partition)
            let message = try ShareUpdateValue(afterVersionOf: value)
            let update = ShareStateUpdate(
                start: Offset(exactly: message.startOffset),
                deliveryCompleteCount: message.deliveryCompleteCount,
                batches: message.stateBatches.compactMap {
                    StateBatch(
                        first: $0.firstOffset, last: $0.lastOffset, state: $0.deliveryState,
                        deliveryCount: $0.deliveryCount)
                })
            self = .update(
                place, snapshotEpoch: message.snapshotEpoch, leaderEpoch: message.leaderEpoch,
                update)
        default: return nil
        }
    }
}

extension ShareState {
    fileprivate init(_ message: ShareSnapshotValue) {
        self.init(
            stateEpoch: message.stateEpoch, start: Offset(exactly: message.startOffset),
            createTimestamp: Timestamp(milliseconds: message.createTimestamp),
            writeTimestamp: Timestamp(milliseconds: message.writeTimestamp))
        snapshotEpoch = message.snapshotEpoch
        leaderEpoch = message.leaderEpoch
        deliveryCompleteCount = message.deliveryCompleteCount
        overlay(
            message.stateBatches.compactMap {
                StateBatch(
                    first: $0.firstOffset, last: $0.lastOffset, state: $0.deliveryState,
                    deliveryCount: $0.deliveryCount)
            })
    }
}

extension StateBatch {
    var firstOffset: Int64 { offsets.lowerBound.rawValue }
    var lastOffset: Int64 { offsets.upperBound.rawValue - 1 }
}
