internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms
internal import VarveTransactions
internal import VarveTransport
internal import VarveWire

/// A batch that goes to its partition once the transaction that has it is durable.
///
/// Batches of one producer keep their order: until the first of a transaction stands in the log,
/// all of the turn wait, and what waits is written in the order in which it came.
struct WaitingBatch {
    var bytes: [UInt8]
    var partition: Partition
    /// The partition of `__transaction_state` that must be flushed first.
    var home: Partition
}

extension Broker {
    /// Whether a batch may be written: one that is part of no transaction always.
    ///
    /// - Returns: the partition that must be flushed first; nil when it may be written at once.
    func admit(
        _ batch: RawSpan, to partition: Partition, of request: ProduceRequest,
        _ context: RequestContext
    ) throws(ProduceRefusal) -> Partition? {
        guard let header = BatchHeader(batch), header.magic == 2,
            header.attributes.isTransactional
        else { return nil }
        // Without a producer nobody could end a transaction, and none begins.
        guard header.producerId >= 0 else { return nil }
        guard let id = request.transactionalId else {
            throw ProduceRefusal(.transactionalIdAuthorizationFailed)
        }
        guard !id.isEmpty else { throw ProduceRefusal(.invalidRequest) }
        let producer = ProducerIdentity(id: header.producerId, epoch: header.producerEpoch)
        let adds = context.version >= 12
        guard adds || settings.configs.boolean("transaction.partition.verification.enable") != false
        else { return nil }
        let admission = admit(
            producer, of: id, to: partition, adds: adds, at: context.wallClock)
        switch admission {
        case .atOnce: return nil
        case .after(let home): return home
        case .refused(let refusal): throw ProduceRefusal(refusal, version: context.version)
        }
    }

    /// A partition that knows nothing of a producer takes no transaction of which the first batch
    /// is missing: under `v2` the producer begins each with sequence 0.
    func checkFirstSequence(
        of batch: RawSpan, in partition: Partition, _ context: RequestContext
    ) throws(ProduceRefusal) {
        guard context.version >= 12, let header = BatchHeader(batch),
            header.attributes.isTransactional, header.producerId >= 0, header.baseSequence > 0,
            partition.log.producer(header.producerId) == nil
        else { return }
        var refusal = ProduceRefusal(.outOfOrderSequenceNumber)
        refusal.isOfLog = true
        throw refusal
    }

    /// Whether a request has batches of transactions of more than one producer: it has one
    /// transactional id, which is one producer's.
    func mixesProducers(_ request: ProduceRequest, _ frame: RawSpan) -> Bool {
        var only: Int64?
        for topic in request.topicData {
            for data in topic.partitionData {
                guard let slice = data.records,
                    let header = BatchHeader(frame.extracting(slice.range)),
                    header.attributes.isTransactional, header.producerId >= 0
                else { continue }
                if let only, only != header.producerId { return true }
                only = header.producerId
            }
        }
        return false
    }

    /// Writes the batches that wait, now that their transactions are durable, and answers.
    func finish(
        _ pending: PendingProduce, _ request: ProduceRequest, _ context: RequestContext,
        on loop: EventLoop
    ) {
        var pending = pending
        pending.settle()
        for entry in pending.takeWaiting() {
            let batch = entry.batch
            guard batch.home.flushFailure == nil else {
                giveUp(batch.home)
                pending.note(.refused(.notEnoughReplicas), at: entry.row)
                continue
            }
            do throws(ProduceRefusal) {
                let result = try append(batch.bytes.rawSpan, to: batch.partition, context)
                pending.note(result, at: entry.row)
            } catch {
                let start = error.startOffset(of: batch.partition)
                pending.note(.failed(error, logStart: start), at: entry.row)
            }
        }
        answer(pending, request, context, on: loop)
    }
}

extension ProduceRefusal {
    /// What a producer is told whose transaction does not have the partition.
    init(_ refusal: AdmissionRefusal, version: Int16) {
        switch refusal {
        case .notInTransaction:
            let message = "Partition was not added to the transaction"
            self.init(
                version < 11 ? .invalidTxnState : .transactionAbortable,
                version < 11 ? message : nil)
        case .noCoordinator, .error(.coordinatorNotAvailable):
            self.init(.notEnoughReplicas)
        case .error(.concurrentTransactions):
            // Older producers know no reason to try again in it.
            self.init(version < 12 ? .notEnoughReplicas : .concurrentTransactions)
        case .error(let error):
            self.init(error.code(knowsFencing: false))
        }
    }
}
