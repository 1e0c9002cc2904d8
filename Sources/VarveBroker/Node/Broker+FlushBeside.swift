public import VarveLog
internal import VarveSystem
public import VarveTerms
public import VarveTransport

/// Which flushes a broker has done beside its loop.
public struct BesideFlushes: Sendable {
    /// Who does them.
    public var worker: any FlushWorker
    /// How much a flush makes durable at the least. What is less is flushed by the loop itself: it
    /// waits for the disk no longer than waking a thread, and being woken, may take.
    public var sizeMin: ByteCount
    /// How much of it is of one log, at the least: others share a flush of their own.
    let logSizeMin: ByteCount

    public init(by worker: any FlushWorker, from sizeMin: ByteCount = .kib(256)) {
        self.worker = worker
        self.sizeMin = sizeMin
        logSizeMin = min(sizeMin, ByteCount(Log.sharedFlushSizeMax.bytes + 1))
    }

    /// Those whose part of a flush may be one beside the loop; none where they have too little to
    /// flush for that.
    func taken(of written: [Partition]) -> [Partition] {
        var size = 0
        let large = written.filter { partition in
            let part = partition.log.sizeForFlushBeside
            guard part > .zero, part >= logSizeMin else { return false }
            size += part.bytes
            return true
        }
        return size >= sizeMin.bytes ? large : []
    }
}

/// What was written until a flush, and who waits for that.
struct WrittenTurn {
    var written: [Partition]
    var answers: [(EventLoop) -> Void]
    /// Why the metadata log could not be flushed; nil when it could.
    var metadataFailure: LogError?
    /// The flush beside the loop; nil for one in place.
    var job: FlushJob?
}

/// A flush of much, which the loop does not wait for: it goes on receiving and writing.
///
/// One is under way at a time. All who come while it runs wait for it, and then share the next one:
/// they are answered in the order in which they came, as ever.
extension Broker {
    /// Bytes that may wait for their flush while another one is under way; beyond it the loop waits
    /// as well, so that clients do.
    static let waitingSizeMax = ByteCount.mib(64)

    var waitingSize: ByteCount {
        ByteCount(dirty.reduce(0) { $0 + $1.log.unflushedSize.bytes })
    }

    /// Batches from here on are on their way to the disk while the next ones are received. Smaller
    /// ones gain less than the call costs.
    static let writtenOutFrom = ByteCount.kib(128)

    /// Has a batch of `size` that was just written go out at once, if it is large.
    func beginWritingOut(_ size: Int, of partition: Partition) {
        guard flushes != nil, settings.flushPolicy == .durable, size >= Self.writtenOutFrom.bytes
        else { return }
        partition.log.beginWritingOut()
    }

    /// Begins a flush of a turn's large logs beside the loop, where they are worth it; the others
    /// are flushed here.
    /// - Returns: false where nothing was begun.
    func beginFlushBeside(of turn: WrittenTurn, on loop: EventLoop) -> Bool {
        guard let flushes, settings.flushPolicy == .durable else { return false }
        let large = flushes.taken(of: turn.written)
        guard !large.isEmpty else { return false }
        for partition in large {
            partition.isNoted = false
            partition.flushingEnd = partition.log.ends.written
            noteMetadataFailure(in: partition)
        }
        let mailbox = loop.mailbox
        var turn = turn
        turn.job = Log.beginFlush(of: large.map(\.log), by: flushes.worker) {
            // The loop looks for itself; it only has to wake.
            mailbox.post { _ in }
        }
        flush(turn.written.filter { $0.flushingEnd == nil })
        metadataFailure = nil
        turnUnderway = turn
        return true
    }

    /// Takes up what became of the flush beside the loop, if it has ended, and begins the next one
    /// where much waits for it.
    public func turnBegan(now: Instant, on loop: EventLoop) {
        guard let job = turnUnderway?.job, job.isDone else { return }
        endTurnUnderway(on: loop)
        // Little that waits is flushed at the end of this turn, with what it brings.
        if let flushes, !flushes.taken(of: dirty).isEmpty { settle(on: loop) }
    }

    /// Answers those who wait for the flush beside the loop; waits for it if it still runs.
    func endTurnUnderway(on loop: EventLoop) {
        guard let turn = turnUnderway.take() else { return }
        for partition in turn.written {
            guard let end = partition.flushingEnd else { continue }
            partition.flushingEnd = nil
            do throws(LogError) {
                try partition.log.finishFlush()
                // Nobody cuts off what others wait for; if somebody did, it is not there.
                guard partition.log.ends.flushed >= end else {
                    throw .closed(path: partition.log.path)
                }
                noteSuccess(of: partition)
            } catch {
                partition.flushFailure = error
                noteFailure(error, of: partition)
            }
        }
        finish(turn, on: loop)
    }
}
