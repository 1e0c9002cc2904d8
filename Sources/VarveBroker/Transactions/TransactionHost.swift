internal import VarveBytes
internal import VarveLog
internal import VarveMetadata
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

/// The transaction coordinators of this node: one for each partition of `__transaction_state`. All
/// are read at the start: what was decided goes on to its end though nobody asks.
///
/// *Threads*: owned by the broker's shard.
struct TransactionHost {
    static let topic = InternalTopic.transactions.rawValue

    var coordinators = CoordinatorTable<TransactionCoordinator>()
    /// Answers to TxnOffsetCommits that wait, with the rows that need no coordinator filled in.
    var commits: [AnswerSlot: TxnOffsetCommitResponse] = [:]
    /// Partitions whose coordinator was given up, to be read anew.
    var lost: Set<Int32> = []
}

/// What a coordinator answered, and the partition that must be flushed before anybody hears of it.
struct Decided<Answer> {
    var answer: Answer
    var home: Partition
}

extension Broker {
    var transactionSettings: TransactionSettings {
        var transaction = TransactionSettings()
        let milliseconds = { (name: String) in self.settings.configs.integer(name) ?? 0 }
        transaction.timeoutMsMax = Int32(
            clamping: milliseconds("transaction.max.timeout.ms"))
        transaction.idExpiration = .milliseconds(milliseconds("transactional.id.expiration.ms"))
        transaction.idExpirationCheckInterval = .milliseconds(
            milliseconds("transaction.remove.expired.transaction.cleanup.interval.ms"))
        return transaction
    }

    /// The partition of `__transaction_state` that keeps a transactional id; the topic is made when
    /// it is missing. Nil when it cannot be.
    func transactionPartition(of id: String, at now: Timestamp) -> Partition? {
        partition(of: .transactions, at: now) { GroupHost.partition(of: id, count: $0) }
    }

    /// Hands a request to the coordinator of a transactional id.
    ///
    /// - Returns: what `body` returned, which leaves when `home` is flushed; nil when no
    ///   coordinator can be had, or what it decided cannot be written.
    func decide<Answer>(
        on id: String, at now: Timestamp,
        _ body: (
            inout TransactionCoordinator, TransactionCoordinator.Moment,
            inout [TransactionEffect]
        ) -> Answer
    ) -> Decided<Answer>? {
        guard let home = transactionPartition(of: id, at: now) else { return nil }
        let moment = TransactionCoordinator.Moment(instant: clock.now(), timestamp: now)
        guard let answer = withTransactions(of: home, at: moment, body) else { return nil }
        return Decided(answer: answer, home: home)
    }

    /// Lets the coordinator of a partition work, and does what it says.
    /// - Returns: nil when it cannot be read, or its records cannot be written.
    func withTransactions<Answer>(
        of home: Partition, at now: TransactionCoordinator.Moment,
        _ body: (
            inout TransactionCoordinator, TransactionCoordinator.Moment,
            inout [TransactionEffect]
        ) -> Answer
    ) -> Answer? {
        var effects: [TransactionEffect] = []
        guard var coordinator = takeTransactions(of: home, at: now, into: &effects) else {
            return nil
        }
        let answer = body(&coordinator, now, &effects)
        transactions.coordinators.put(coordinator, at: home.index)
        return perform(effects, of: home, at: now.timestamp) ? answer : nil
    }

    /// The coordinator of a partition; it is taken out while it works: it is changed in place.
    private func takeTransactions(
        of home: Partition, at now: TransactionCoordinator.Moment,
        into effects: inout [TransactionEffect]
    ) -> TransactionCoordinator? {
        if var coordinator = transactions.coordinators.take(home.index) {
            coordinator.level = transactionLevel
            return coordinator
        }
        guard isSettled(home), var coordinator = readTransactions(of: home) else {
            transactions.lost.insert(home.index)
            return nil
        }
        transactions.lost.remove(home.index)
        coordinator.level = transactionLevel
        coordinator.begin(at: now, into: &effects)
        return coordinator
    }

    /// Makes sure that what a partition shows stays: a decision that a power cut can take back must
    /// not be carried out.
    private func isSettled(_ home: Partition) -> Bool {
        guard settings.flushPolicy == .durable else { return true }
        if (try? home.log.flush()) != nil { return true }
        let now = clock.now()
        guard !home.isDirty, now >= home.nextMending else { return false }
        home.nextMending = now.advanced(by: .seconds(1))
        return (try? home.log.resume()) != nil
    }

    private func readTransactions(of home: Partition) -> TransactionCoordinator? {
        var coordinator = TransactionCoordinator(
            settings: transactionSettings, epoch: home.leaderEpoch)
        let isRead = home.forEachStoredRecord { record, _ in
            guard let key = record.key,
                let decoded = try? TransactionRecordCoding.decode(key: key, value: record.value)
            else { return }
            coordinator.apply(decoded)
        }
        return isRead ? coordinator : nil
    }

    /// Reads all coordinators: at the start, before anybody is served.
    func takeOverTransactions() {
        let now = TransactionCoordinator.Moment(
            instant: clock.now(), timestamp: clock.wallClock())
        for home in partitions.partitions(of: TransactionHost.topic) {
            _ = withTransactions(of: home, at: now) { _, _, _ in }
        }
    }

    /// Lets the timers of all coordinators run, and reads those anew that were given up.
    func expireTransactions(_ now: Instant) {
        let isDue = transactions.coordinators.nextDeadline.map { $0 <= now } ?? false
        guard isDue || !transactions.lost.isEmpty else { return }
        let moment = TransactionCoordinator.Moment(instant: now, timestamp: clock.wallClock())
        let due = transactions.coordinators.takeDue(at: now)
        for index in transactions.lost.union(due).sorted() {
            guard let home = partitions[TransactionHost.topic, index] else {
                transactions.lost.remove(index)
                continue
            }
            _ = withTransactions(of: home, at: moment) { coordinator, now, effects in
                coordinator.expire(at: now, into: &effects)
            }
        }
    }

    // MARK: Effects

    /// Writes what a coordinator decided, and has markers written once that is durable.
    /// - Returns: false when it cannot be written; the coordinator is given up then.
    private func perform(
        _ effects: [TransactionEffect], of home: Partition, at now: Timestamp
    ) -> Bool {
        for effect in effects {
            switch effect {
            case .append(let records):
                guard append(records, to: home, at: now) else {
                    giveUp(home)
                    return false
                }
                // What only says that a transaction is complete needs no flush of its own.
                if !records.allSatisfy(\.isCompletion) { note(home) }
            case .writeMarkers(let markers):
                afterFlush.append { _ in
                    guard home.flushFailure == nil else { return self.giveUp(home) }
                    self.write(markers, of: home)
                }
            }
        }
        return true
    }

    private func append(
        _ records: [TransactionRecord], to home: Partition, at now: Timestamp
    ) -> Bool {
        var builder = RecordBatchBuilder()
        builder.begin()
        do {
            for record in records {
                let key = try TransactionRecordCoding.key(of: record)
                if let value = try TransactionRecordCoding.value(of: record, at: transactionLevel) {
                    _ = try builder.append(
                        key: key.buffer.bytes, value: value.buffer.bytes, timestamp: now)
                } else {
                    _ = try builder.append(key: key.buffer.bytes, value: nil, timestamp: now)
                }
            }
            _ = try builder.seal()
            try write(builder.sealedBytes, to: home, checking: .frame, now: now)
        } catch {
            return false
        }
        return true
    }

    /// What was decided could not be written, or not be made durable: the coordinator is read anew.
    func giveUp(_ home: Partition) {
        transactions.coordinators.remove(home.index)
        transactions.lost.insert(home.index)
    }

    /// Answers once the decision is durable; `refuse` takes it back where that failed.
    func answer<Response: WireMessage>(
        _ response: Response, to context: RequestContext, after home: Partition,
        refuse: @escaping (inout Response) -> Void
    ) {
        afterFlush.append { loop in
            var response = response
            if home.flushFailure != nil {
                self.giveUp(home)
                refuse(&response)
            }
            self.answer(response, to: context, on: loop)
        }
    }
}

extension TransactionRecord {
    fileprivate var isCompletion: Bool {
        value?.state == .completeCommit || value?.state == .completeAbort
    }
}

extension Partition {
    /// Calls `body` with each record that the partition holds, in order, control records left out,
    /// whatever is flushed of it, and with the header of its batch.
    /// - Returns: false when something of it cannot be read.
    func forEachStoredRecord(
        markers: (TransactionMarker, BatchHeader) -> Void = { _, _ in },
        _ body: (borrowing RecordView, BatchHeader) -> Void
    ) -> Bool {
        var scanner = RecordScanner()
        var offset = reader.startOffset
        while true {
            guard let outcome = try? reader.read(from: offset, through: .includingUnflushed) else {
                return false
            }
            guard case .batches(let batches) = outcome else { return true }
            let start = offset
            let isRead: Void? = try? batches.forEachBatch { (header, bytes) throws(BatchDefect) in
                guard !header.attributes.isControl else {
                    if let marker = TransactionMarker(bytes) { markers(marker, header) }
                    return
                }
                try scanner.forEachRecord(in: bytes) { (record) throws(BatchDefect) in
                    if record.offset >= start { body(record, header) }
                }
            }
            guard isRead != nil else { return false }
            offset = batches.nextOffset
        }
    }
}
