internal import VarveLog
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

extension Broker {
    /// Finds offsets by time, and the ends of logs.
    func listOffsets(
        _ request: ListOffsetsRequest, _ context: RequestContext, on loop: EventLoop
    ) {
        var response = ListOffsetsResponse()
        for (topic, wanted) in Self.byTopic(request) where !wanted.isEmpty {
            var result = ListOffsetsResponse.ListOffsetsTopicResponse()
            result.name = topic
            var counts: [Int32: Int] = [:]
            for wanted in wanted { counts[wanted.partitionIndex, default: 0] += 1 }
            for wanted in wanted {
                switch counts.updateValue(0, forKey: wanted.partitionIndex) {
                case 1: result.partitions.append(find(wanted, of: topic, request, context))
                case 0: break
                default:
                    // Named more than once, it is answered once.
                    result.partitions.append(
                        .init(partitionIndex: wanted.partitionIndex, errorCode: .invalidRequest))
                }
            }
            response.topics.append(result)
        }
        answer(response, to: context, on: loop)
    }

    /// The partitions that are asked for, of each topic once, in the order of the topics.
    private static func byTopic(
        _ request: ListOffsetsRequest
    ) -> [(topic: String, wanted: [ListOffsetsRequest.ListOffsetsPartition])] {
        var places: [String: Int] = [:]
        var found: [(topic: String, wanted: [ListOffsetsRequest.ListOffsetsPartition])] = []
        for topic in request.topics {
            if let place = places[topic.name] {
                found[place].wanted += topic.partitions
            } else {
                places[topic.name] = found.count
                found.append((topic.name, topic.partitions))
            }
        }
        return found
    }

    private func find(
        _ wanted: ListOffsetsRequest.ListOffsetsPartition, of topic: String,
        _ request: ListOffsetsRequest, _ context: RequestContext
    ) -> ListOffsetsResponse.ListOffsetsPartitionResponse {
        var answer = ListOffsetsResponse.ListOffsetsPartitionResponse()
        answer.partitionIndex = wanted.partitionIndex
        guard let partition = partition(topic, wanted.partitionIndex) else {
            answer.errorCode = absence(of: topic, wanted.partitionIndex)
            return answer
        }
        guard wanted.currentLeaderEpoch >= -1 else {
            answer.errorCode = .fencedLeaderEpoch
            return answer
        }
        if let code = partition.refusal(ofEpoch: wanted.currentLeaderEpoch) {
            answer.errorCode = code
            return answer
        }
        guard (0...1).contains(request.isolationLevel) else {
            answer.errorCode = .unknownServerError
            return answer
        }
        guard let sought = SoughtOffset(wanted.timestamp, version: context.version) else {
            answer.errorCode = .unsupportedVersion
            return answer
        }
        do throws(LogError) {
            let found = try partition.find(
                sought, isolation: request.isolationLevel == 1 ? .committed : .uncommitted)
            answer.offset = found.offset
            answer.timestamp = found.timestamp
            if context.version >= 4 { answer.leaderEpoch = found.epoch }
        } catch {
            answer.errorCode = .kafkaStorageError
        }
        return answer
    }
}

/// What a client looks for: the special timestamps have versions from which on they exist.
enum SoughtOffset: Hashable {
    case latest
    case earliest
    case newestByTime
    /// Of what is only on this node: everything is.
    case earliestLocal
    /// Of what was moved to remote storage: nothing is.
    case remote
    case atOrAfter(Timestamp)

    init?(_ timestamp: Int64, version: Int16) {
        switch timestamp {
        case -1: self = .latest
        case -2: self = .earliest
        case -3 where version >= 7: self = .newestByTime
        case -4 where version >= 8: self = .earliestLocal
        case -5 where version >= 9, -6 where version >= 11: self = .remote
        case 0...: self = .atOrAfter(Timestamp(milliseconds: timestamp))
        default: return nil
        }
    }
}

extension Partition {
    /// An answer to a search; −1 where there is nothing.
    struct Found {
        var offset: Int64 = -1
        var timestamp: Int64 = -1
        var epoch: Int32 = -1
    }

    func find(_ sought: SoughtOffset, isolation: ReadIsolation) throws(LogError) -> Found {
        switch sought {
        case .latest:
            let end = isolation == .committed ? reader.lastStableOffset() : highWatermark
            return Found(offset: end.rawValue, epoch: leaderEpoch)
        case .earliest, .earliestLocal:
            let start = reader.startOffset
            return Found(offset: start.rawValue, epoch: epoch(at: start))
        case .remote: return Found()
        case .newestByTime: return found(try reader.newestByTime())
        case .atOrAfter(let timestamp): return found(try reader.offset(for: timestamp))
        }
    }

    private func found(_ record: TimestampedOffset?) -> Found {
        guard let record else { return Found() }
        return Found(
            offset: record.offset.rawValue, timestamp: record.timestamp.milliseconds,
            epoch: epoch(at: record.offset))
    }

    /// The leader epoch in which a record was written.
    private func epoch(at offset: Offset) -> Int32 {
        log.leaderEpochs.epoch(at: offset)?.rawValue ?? leaderEpoch
    }
}
