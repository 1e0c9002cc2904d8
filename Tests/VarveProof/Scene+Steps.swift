import VarveLog
package import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

/// Producers, transactions, and what becomes of a program whose disk fails on the way.
extension Scene {
    /// Appends one batch of an idempotent producer, which goes on where its last one ended.
    package func produce(
        _ count: Int = 1, by producer: Int64, to number: Int = 0, epoch: Int32 = 0,
        isTransactional: Bool = false, padding: Int = 0
    ) throws {
        let values = (0..<count).map { _ in nextValue(epoch, padding) }
        let key = ProducerKey(log: number, id: producer)
        let sequence = sequences[key, default: 0]
        let batch = try Self.batch(values, timestamp: clock.wallClock().milliseconds) {
            $0.producer = ProducerStamp(id: producer, epoch: 0, baseSequence: sequence)
            if isTransactional { $0.kind = .transactional }
        }
        try append(batch, values, to: number, epoch: epoch)
        sequences[key] = sequence + Int32(count)
    }

    /// Ends the producer's transaction with a marker, which is a record of its own.
    package func end(
        _ outcome: TransactionOutcome, of producer: Int64, in number: Int = 0, epoch: Int32 = 0
    ) throws {
        let log = try log(number)
        let base = Int(log.ends.written.rawValue)
        note(number, .submit(at: base, [Contents.marker(epoch)]))
        guard let epoch = LeaderEpoch(exactly: epoch) else { preconditionFailure("lawful") }
        _ = try log.appendMarker(
            outcome, of: ProducerStamp(id: producer, epoch: 0, baseSequence: nil),
            coordinatorEpoch: 0, epoch: epoch)
        try didAppend(1, at: base, to: number)
    }

    /// Appends records with these keys, one batch.
    package func append(
        keys: [Int], to number: Int = 0, epoch: Int32 = 0, padding: Int = 0
    ) throws {
        let base = Int(try log(number).ends.written.rawValue)
        let values = keys.map { _ in nextValue(epoch, padding) }
        let batch = try Self.batch(
            values, keys: keys.map { Array("key-\($0)".utf8) },
            timestamp: clock.wallClock().milliseconds)
        for (place, key) in keys.enumerated() { keyed[number, default: [:]][base + place] = key }
        try append(batch, values, to: number, epoch: epoch)
    }

    /// Compacts the log: of each key what is not the latest may go.
    package func clean(_ number: Int = 0) throws {
        let keys = keyed[number, default: [:]]
        var latest: [Int: Int] = [:]
        for (offset, key) in keys { latest[key] = max(offset, latest[key] ?? offset) }
        note(number, .beginClean(taking: keys.filter { latest[$0.value] != $0.key }.keys.sorted()))
        try log(number).clean(now: clock.wallClock())
        try noteEnds(number)
    }

    /// Whose sequence numbers.
    struct ProducerKey: Hashable {
        var log: Int
        var id: Int64
    }

    /// Appends while the next flush fails: the log stops, and `resume` lets it go on.
    package func appendFailing(_ number: Int = 0, padding: Int = 0) throws {
        disk.failNext(.flush, with: .inputOutput)
        do {
            try append(to: number, padding: padding)
            throw SceneError.notRefused
        } catch is LogError {
            disk.clearFaults()
        }
    }

    /// Lets a log that a failed flush stopped go on.
    package func resume(_ number: Int = 0) throws {
        let log = try log(number)
        let flushed = Int(log.ends.flushed.rawValue)
        note(number, .forget(above: flushed))
        try log.resume()
        note(number, .endTruncate(to: flushed))
        try noteEnds(number)
    }

    /// Appends to a disk that is full, which refuses; then there is room again.
    package func appendWithoutRoom(_ number: Int = 0, padding: Int = 0) throws {
        disk.capacity = .zero
        do {
            try append(to: number, padding: padding)
            throw SceneError.notRefused
        } catch is LogError {
            disk.capacity = nil
        }
    }

    /// The directory's process ends where it stands, and another one comes.
    package func die() {
        let moment = disk.operationCount
        restart(on: disk.processDeath(), after: moment)
    }

    /// Makes of a closed directory one that Kafka left: without what only Varve writes.
    /// - Parameter isClean: whether it was closed, or its broker died.
    package func becomeKafkas(isClean: Bool) {
        let left = disk.processDeath()
        let foreign = left.paths.filter { path in
            let name = path.split(separator: "/").last ?? ""
            return name.hasPrefix("varve") || name.hasSuffix(".varve")
                || (!isClean && name == ".kafka_cleanshutdown")
        }
        for path in foreign { try? left.removeFile(path) }
        for name in journals.keys { try? left.flushDirectory(Self.path + "/" + name.folder) }
        try? left.flushDirectory(Self.path)
        restart(on: left.crash(keeping: .all), after: .max)
    }
}
