import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveTerms
import VarveTransport
import VarveWire

@testable import VarveBroker

extension UpkeepScene {
    /// Whether somebody who connects from an address is kept.
    func isServed(from ip: IPAddress) -> Bool {
        guard let socket = try? network.connect(to: address, from: ip) else { return false }
        let visitor = FrameClient(socket)
        defer {
            visitor.close()
            for _ in 0..<5 { loop.turn(.notAtAll) }
        }
        for _ in 0..<5 {
            visitor.turn()
            loop.turn(.notAtAll)
        }
        return !visitor.isOver
    }

    /// The keys of all records of a partition, read from its log.
    func recordKeys(of topic: String) throws -> [String] {
        let reader = try partition(topic).reader
        var scanner = RecordScanner()
        var keys: [String] = []
        var offset = reader.startOffset
        while case .batches(let batches) = try reader.read(from: offset) {
            try batches.forEachRecord(with: &scanner, from: offset) { record in
                guard let key = record.key else { return }
                keys.append(String(decoding: key.array(), as: UTF8.self))
            }
            offset = batches.nextOffset
        }
        return keys
    }

    /// Commits an offset for a group without members.
    func commit(offset: Int64, of topic: String, by group: String) throws -> ErrorCode {
        var partition = OffsetCommitRequest.OffsetCommitRequestPartition()
        partition.committedOffset = offset
        var wanted = OffsetCommitRequest.OffsetCommitRequestTopic()
        wanted.name = topic
        wanted.partitions = [partition]
        var request = OffsetCommitRequest()
        request.groupId = group
        request.generationIdOrMemberEpoch = -1
        request.topics = [wanted]
        let response: OffsetCommitResponse = try ask(request, version: 8)
        return response.topics[0].partitions[0].errorCode
    }

    /// The offset that a group has committed.
    func committed(of topic: String, by group: String) throws -> Int64 {
        var wanted = OffsetFetchRequest.OffsetFetchRequestTopic()
        wanted.name = topic
        wanted.partitionIndexes = [0]
        var request = OffsetFetchRequest()
        request.groupId = group
        request.topics = [wanted]
        let response: OffsetFetchResponse = try ask(request, version: 7)
        return response.topics[0].partitions[0].committedOffset
    }
}
