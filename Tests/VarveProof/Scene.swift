import VarveBytes
package import VarveLog
package import VarveRecords
package import VarveSim
package import VarveTerms

/// A program that keeps one or two logs on a simulated disk, and a journal for each of what it
/// asked for and what it was told.
package final class Scene {
    package static let path = "/srv/varve"
    package static let boot = UniqueID(high: 7, low: 1)
    /// Four frames or so: it is full after a few flushes.
    package static let commitRingSize = ByteCount.kib(24)

    package private(set) var disk: SimulatedDisk
    package private(set) var clock: SimulatedClock
    package private(set) var directory: DataDirectory?
    package private(set) var logs: [LogName: Log] = [:]
    package private(set) var journals: [LogName: Journal] = [:]
    private var boot = Scene.boot
    let settings: LogSettings
    /// How many operations had happened before what is to be looked at began.
    package var firstMoment = 0
    private var serial = 0
    /// The next sequence number of each producer.
    var sequences: [ProducerKey: Int32] = [:]
    /// The keys of records, by log and offset.
    var keyed: [Int: [Int: Int]] = [:]
    /// Flushes beside the program, and where each log ended when its own began.
    let flushes = HeldFlushes()
    var begun: [Int: Int] = [:]
    /// Where batches start, by log.
    var bases: [LogName: [Int]] = [:]

    package init(_ disk: SimulatedDisk, settings: LogSettings) {
        self.disk = disk
        self.settings = settings
        clock = disk.clock
    }

    package static func name(_ number: Int = 0) -> LogName {
        guard let name = LogName(folder: "log-\(number)") else { preconditionFailure("lawful") }
        return name
    }

    package static func surroundings(_ disk: SimulatedDisk, boot: UniqueID) -> Surroundings {
        Surroundings(
            fileSystem: disk, clock: disk.clock, randomness: SeededRandomness(seed: 1),
            processID: 1, bootID: boot)
    }

    func note(_ number: Int, _ event: Expectation.Event) {
        journals[Self.name(number), default: Journal()].note(event, at: disk.operationCount)
    }

    func log(_ number: Int) throws -> Log {
        guard let log = logs[Self.name(number)] else { throw SceneError.notOpen }
        return log
    }

    func noteEnds(_ number: Int) throws {
        let ends = try log(number).ends
        note(
            number,
            .acknowledge(flushed: Int(ends.flushed.rawValue), written: Int(ends.written.rawValue)))
    }

    // MARK: What the program does

    package func open(_ numbers: [Int] = [0]) throws {
        let opened = try DataDirectory(
            Self.path, commitRingSize: Self.commitRingSize,
            in: Self.surroundings(disk, boot: boot))
        directory = opened
        for number in numbers {
            let log = try opened.openLog(Self.name(number), settings: settings)
            logs[Self.name(number)] = log
            if journals[Self.name(number)] == nil { journals[Self.name(number)] = Journal() }
            try noteEnds(number)
        }
    }

    /// Opens one more log of the directory, or one that was closed alone.
    package func take(_ number: Int) throws {
        guard let directory else { throw SceneError.notOpen }
        logs[Self.name(number)] = try directory.openLog(Self.name(number), settings: settings)
        try noteEnds(number)
    }

    /// Closes one log alone; the directory stays open.
    package func rest(_ number: Int = 0) throws {
        guard let log = logs.removeValue(forKey: Self.name(number)) else {
            throw SceneError.notOpen
        }
        let end = Int(log.ends.written.rawValue)
        try directory?.closeLog(Self.name(number))
        note(number, .acknowledge(flushed: end, written: end))
    }

    /// Appends one batch of `count` records whose values are `epoch/serial` and padding.
    package func append(
        _ count: Int = 1, to number: Int = 0, epoch: Int32 = 0,
        compression: Compression = .none, padding: Int = 0
    ) throws {
        let values = (0..<count).map { _ in nextValue(epoch, padding) }
        let batch = try Self.batch(
            values, compression: compression, timestamp: clock.wallClock().milliseconds)
        try append(batch, values, to: number, epoch: epoch)
    }

    /// Appends a batch that holds `values`.
    func append(
        _ batch: [UInt8], _ values: [String], to number: Int, epoch: Int32
    ) throws {
        let log = try log(number)
        let base = Int(log.ends.written.rawValue)
        note(number, .submit(at: base, values))
        guard let epoch = LeaderEpoch(exactly: epoch) else { preconditionFailure("lawful") }
        try log.append(batch.rawSpan, epoch: epoch)
        try didAppend(values.count, at: base, to: number)
    }

    /// Notes what an append that returned has promised.
    func didAppend(_ count: Int, at base: Int, to number: Int) throws {
        bases[Self.name(number), default: []].append(base)
        guard settings.flushPolicy == .durable else { return try noteEnds(number) }
        // Acknowledged means durable, whatever the log says of itself.
        note(number, .acknowledge(flushed: base + count, written: base + count))
    }

    func nextValue(_ epoch: Int32, _ padding: Int) -> String {
        serial += 1
        return "\(epoch)/\(serial)" + String(repeating: ".", count: padding)
    }

    package static func batch(
        _ values: [String], keys: [[UInt8]] = [], compression: Compression = .none,
        timestamp: Int64 = 1_000, _ change: (inout BatchSettings) -> Void = { _ in }
    ) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        var settings = BatchSettings()
        settings.compression = compression
        change(&settings)
        builder.begin(settings)
        for (place, value) in values.enumerated() {
            let time = Timestamp(milliseconds: timestamp)
            let bytes = Array(value.utf8)
            if place < keys.count {
                let key = keys[place]
                _ = try builder.append(key: key.rawSpan, value: bytes.rawSpan, timestamp: time)
            } else {
                _ = try builder.append(key: nil, value: bytes.rawSpan, timestamp: time)
            }
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    package func roll(_ number: Int = 0) throws {
        try log(number).roll()
        try noteEnds(number)
    }

    package func flush(_ number: Int = 0) throws {
        try log(number).flush()
        try noteEnds(number)
    }

    package func flushAll() throws {
        try directory?.flush(logs.values.sorted { $0.name < $1.name })
        for log in logs.values { try noteEnds(Int(log.name.partition)) }
    }

    package func checkpoint() throws { try directory?.checkpoint() }

    package func delete(before offset: Int, of number: Int = 0) throws {
        note(number, .beginDelete(before: offset))
        try log(number).deleteRecords(before: Offset(Int64(offset)))
        note(number, .endDelete(before: Int(try log(number).ends.start.rawValue)))
    }

    package func retain(_ number: Int = 0) throws {
        let log = try log(number)
        note(number, .beginDelete(before: Int(log.ends.flushed.rawValue)))
        try log.applyRetention(now: clock.wallClock())
        note(number, .endDelete(before: Int(log.ends.start.rawValue)))
        try noteEnds(number)
    }

    package func truncate(to offset: Int, _ number: Int = 0) throws {
        let log = try log(number)
        guard offset < log.ends.written.rawValue else { return }
        let starts = bases[Self.name(number), default: []]
        let base = starts.last { $0 <= offset } ?? 0
        note(number, .beginTruncate(to: base))
        let end = Int(try log.truncate(to: Offset(Int64(offset))).rawValue)
        bases[Self.name(number)] = starts.filter { $0 < end }
        note(number, .endTruncate(to: end))
        try noteEnds(number)
    }

    package func pass(_ duration: Duration) { clock.advance(by: duration) }

    package func close() throws {
        defer {
            directory = nil
            logs = [:]
        }
        try directory?.close()
        for log in logs.values {
            let ends = log.ends
            note(
                Int(log.name.partition),
                .acknowledge(
                    flushed: Int(ends.flushed.rawValue), written: Int(ends.written.rawValue)))
        }
    }

    /// Notes that everything appended so far was acknowledged as durable, whether it was or not.
    /// A search that finds nothing wrong after a false claim finds nothing.
    package func claimDurable(_ number: Int = 0) throws {
        let end = Int(try log(number).ends.written.rawValue)
        note(number, .acknowledge(flushed: end, written: end))
    }

    // MARK: What becomes of it

    /// Ends this life; the program goes on with what the disk kept, in a new one. The journals go
    /// on from what must be there then.
    /// - Parameter moment: how many operations had happened when power was cut.
    package func restart(on disk: SimulatedDisk, after moment: Int) {
        directory = nil
        logs = [:]
        flushes.forgetAll()
        begun = [:]
        self.disk = disk
        boot = UniqueID(high: boot.high, low: boot.low + 1)
        for (name, journal) in journals {
            var next = Journal()
            next.start = journal.expectation(at: moment)
            journals[name] = next
        }
    }

    /// What must be there after the first `moment` operations of this life.
    package func expectations(at moment: Int) -> [LogName: Expectation] {
        journals.mapValues { $0.expectation(at: moment) }
    }
}

package enum SceneError: Error { case notOpen, notRefused }
