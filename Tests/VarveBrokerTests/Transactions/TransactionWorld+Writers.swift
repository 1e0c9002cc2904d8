import VarveBytes
import VarveGroups
import VarveLog
import VarveRecords
import VarveSim
import VarveTerms
import VarveTesting
import VarveWire

@testable import VarveBroker

/// What the producers do.
extension TransactionWorld {
    func step() throws {
        guard let name = Self.names.randomElement(using: &random) else { return }
        guard let writer = writers[name], !writer.isOver else { return try replace(name) }
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<6: try replace(name)
        case 6..<14: try tryReplaced()
        case 14..<17: broker.advance(by: .seconds(Int.random(in: 1...12, using: &random)))
        case 17..<20: try changeLevel()
        case 20..<52: try produce(by: name)
        case 52..<64: try commitOffset(by: name)
        case 64..<96: try end(by: name, asking: chance(70))
        default: try die()
        }
        try checkOffset(of: name)
    }

    /// An administrator changes the rules: at level 0 those that raise epochs are refused.
    private func changeLevel() throws {
        for kind: Int8 in 1...2 {
            let request = UpdateFeaturesRequest(
                featureUpdates: [
                    .init(
                        feature: "transaction.version",
                        maxVersionLevel: chance(70) ? 2 : Int16.random(in: 0...1, using: &random),
                        upgradeType: kind)
                ])
            _ = try ask(request, 2, for: UpdateFeaturesResponse.self)
        }
    }

    /// Another process takes a transactional id over.
    func replace(_ name: String) throws {
        if let old = writers[name] { replaced.append(old) }
        let request = InitProducerIdRequest(transactionalId: name, transactionTimeoutMs: 10_000)
        for _ in 0..<100 {
            guard let answer = try ask(request, 4, for: InitProducerIdResponse.self) else {
                continue
            }
            guard answer.errorCode == .none else {
                broker.advance(by: .milliseconds(100))
                continue
            }
            if let open = writers[name]?.attempt, attempts[open].outcome == .open {
                attempts[open].outcome = .aborted
            }
            writers[name] = Writer(
                name: name, usesV2: name != "z", id: answer.producerId,
                epoch: answer.producerEpoch)
            return
        }
        violations.append("\(name) never got its epoch")
    }

    // MARK: Transactions

    private func attempt(of name: String) -> Int {
        if let open = writers[name]?.attempt { return open }
        attempts.append(Attempt(name: name))
        writers[name]?.attempt = attempts.count - 1
        return attempts.count - 1
    }

    private func produce(by name: String) throws {
        guard let place = Self.places.randomElement(using: &random), let writer = writers[name]
        else { return }
        let (number, value) = (attempt(of: name), newValue())
        attempts[number].values[place, default: []].append(value)
        if !writer.usesV2, try add(place, by: writer) != ErrorCode.none {
            return spoil(number, name)
        }
        let code = try send(value, to: place, by: writer)
        guard code == ErrorCode.none else { return spoil(number, name) }
        writers[name]?.sequences[place, default: 0] += 1
    }

    /// - Returns: nil when nobody knows.
    private func send(_ value: Int, to place: String, by writer: Writer) throws -> ErrorCode? {
        let parts = place.split(separator: "-").map(String.init)
        let batch = try Self.batch(value, of: writer, sequence: writer.sequences[place] ?? 0)
        let slice = RecordsSlice(start: 0, count: batch.count)
        let request = ProduceRequest(
            transactionalId: writer.name, acks: -1, timeoutMs: 1000,
            topicData: [
                .init(
                    name: parts[0],
                    partitionData: [.init(index: Int32(parts[1]) ?? 0, records: slice)])
            ])
        let answer = try ask(
            request, writer.usesV2 ? 12 : 9, records: batch, for: ProduceResponse.self)
        return answer?.responses.first?.partitionResponses.first?.errorCode
    }

    static func batch(
        _ value: Int, of writer: Writer, epoch: Int16? = nil, sequence: Int32
    ) throws -> [UInt8] {
        var settings = BatchSettings()
        settings.kind = .transactional
        settings.producer = ProducerStamp(
            id: writer.id, epoch: epoch ?? writer.epoch, baseSequence: sequence)
        var builder = RecordBatchBuilder()
        builder.begin(settings)
        let text = Array("\(value)".utf8)
        _ = try builder.append(
            key: nil, value: text.rawSpan, timestamp: Timestamp(milliseconds: 1_795_253_491_000))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    private func add(_ place: String, by writer: Writer) throws -> ErrorCode? {
        let parts = place.split(separator: "-").map(String.init)
        let request = AddPartitionsToTxnRequest(
            v3AndBelowTransactionalId: writer.name, v3AndBelowProducerId: writer.id,
            v3AndBelowProducerEpoch: writer.epoch,
            v3AndBelowTopics: [.init(name: parts[0], partitions: [Int32(parts[1]) ?? 0])])
        let answer = try ask(request, 3, for: AddPartitionsToTxnResponse.self)
        return answer?.resultsByTopicV3AndBelow.first?.resultsByPartition.first?
            .partitionErrorCode
    }

    private func commitOffset(by name: String) throws {
        guard let writer = writers[name] else { return }
        let (number, offset) = (attempt(of: name), Int64(newValue()))
        if !writer.usesV2 {
            let request = AddOffsetsToTxnRequest(
                transactionalId: name, producerId: writer.id, producerEpoch: writer.epoch,
                groupId: "g-" + name)
            let answer = try ask(request, 3, for: AddOffsetsToTxnResponse.self)
            guard answer?.errorCode == ErrorCode.none else { return spoil(number, name) }
        }
        let request = TxnOffsetCommitRequest(
            transactionalId: name, groupId: "g-" + name, producerId: writer.id,
            producerEpoch: writer.epoch,
            topics: [
                .init(
                    name: "a", partitions: [.init(partitionIndex: 0, committedOffset: offset)])
            ])
        let answer = try ask(
            request, writer.usesV2 ? 5 : 3, for: TxnOffsetCommitResponse.self)
        let code = answer?.topics.first?.partitions.first?.errorCode
        guard code == ErrorCode.none else { return spoil(number, name) }
        attempts[number].offset = offset
        if sabotage == .offsetsAtOnce { countOffsets(of: writer) }
    }

    private func spoil(_ number: Int, _ name: String) { attempts[number].isSpoiled = true }

    private func end(by name: String, asking isCommit: Bool) throws {
        guard let writer = writers[name], let number = writer.attempt else { return }
        let isCommit = isCommit && !attempts[number].isSpoiled
        if isCommit, sabotage == .markerBeforeDecision, chance(20) {
            return try writeMarker(by: writer, number)
        }
        let request = EndTxnRequest(
            transactionalId: name, producerId: writer.id, producerEpoch: writer.epoch,
            committed: isCommit)
        guard
            let answer = try ask(request, writer.usesV2 ? 5 : 3, for: EndTxnResponse.self)
        else {
            attempts[number].outcome = isCommit ? .unknown : .aborted
            writers[name]?.isOver = true
            return
        }
        switch answer.errorCode {
        case .concurrentTransactions, .notCoordinator: return
        case .none:
            attempts[number].outcome = isCommit ? .committed : .aborted
            writers[name]?.attempt = nil
            if writer.usesV2 {
                writers[name]?.id = answer.producerId
                writers[name]?.epoch = answer.producerEpoch
                writers[name]?.sequences = [:]
            }
            // Which records of an aborted transaction are in the log is not known.
            if attempts[number].isSpoiled, !writer.usesV2 { writers[name]?.isOver = true }
        default:
            attempts[number].outcome = .aborted
            writers[name]?.isOver = true
        }
    }

    // MARK: Replaced producers

    /// One that was replaced tries to go on: nothing of it may be taken.
    private func tryReplaced() throws {
        guard let old = replaced.randomElement(using: &random),
            let place = Self.places.randomElement(using: &random)
        else { return }
        let value = newValue()
        forbidden.insert(value)
        if sabotage == .replacedWriter { return try write(value, to: place, by: old) }
        if chance(50) {
            let code = try send(value, to: place, by: old)
            if code == ErrorCode.none { violations.append("\(old) wrote \(value)") }
        } else {
            let request = EndTxnRequest(
                transactionalId: old.name, producerId: old.id, producerEpoch: old.epoch,
                committed: chance(50))
            let answer = try ask(request, old.usesV2 ? 5 : 3, for: EndTxnResponse.self)
            if answer?.errorCode == ErrorCode.none { violations.append("\(old) ended") }
        }
    }

    // MARK: Sabotage

    private func write(_ value: Int, to place: String, by old: Writer) throws {
        let log = try partition(place).log
        let known = log.producer(old.id)
        let batch = try Self.batch(
            value, of: old, epoch: known?.epoch, sequence: (known?.lastSequence ?? -1) + 1)
        try log.write(batch.rawSpan, now: broker.clock.wallClock())
        try log.flush()
    }

    private func countOffsets(of writer: Writer) {
        guard let node = broker.broker,
            let home = node.offsetsPartition(
                of: "g-" + writer.name, at: broker.clock.wallClock()),
            var group = node.groups.coordinators.take(home.index)
        else { return }
        group.commitTransaction(of: writer.id)
        node.groups.coordinators.put(group, at: home.index)
    }

    private func writeMarker(by writer: Writer, _ number: Int) throws {
        guard let place = attempts[number].values.keys.min() else { return }
        let log = try partition(place).log
        try log.appendMarker(
            .commit, of: ProducerStamp(id: writer.id, epoch: writer.epoch, baseSequence: nil),
            coordinatorEpoch: 1000)
        attempts[number].outcome = .unknown
        writers[writer.name]?.isOver = true
        try die()
    }
}
