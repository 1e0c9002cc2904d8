internal import VarveBytes
internal import VarveLog
internal import VarveProof
internal import VarveRecords
internal import VarveSim
internal import VarveSystem
internal import VarveTerms

/// The program that plays a script, and tells of each step when it begins and when it is done.
final class ScriptOwner {
    private let script: Script
    private let path: String
    private let surroundings: Surroundings
    private let clock = SimulatedClock()
    private let tell: (ScriptEvent) -> Void
    private var directory: DataDirectory?
    private var logs: [Int: Log] = [:]

    /// - Parameter path: the data directory, or where it is to be.
    init(
        _ script: Script, in path: String, on fileSystem: any FileSystem, bootID: UniqueID,
        tell: @escaping (ScriptEvent) -> Void
    ) {
        (self.script, self.path, self.tell) = (script, path, tell)
        surroundings = Surroundings(
            fileSystem: fileSystem, clock: clock, randomness: SeededRandomness(seed: 1),
            processID: 1, bootID: bootID)
    }

    static func name(_ number: Int) -> LogName {
        guard let name = LogName(folder: "log-\(number)") else { preconditionFailure("lawful") }
        return name
    }

    /// Plays steps by their numbers, up to one that throws.
    func play(_ numbers: Range<Int>) throws {
        for number in numbers {
            if let error = failure(of: number) { throw error }
        }
    }

    /// Plays one step.
    /// - Returns: what it threw, which is told; nil when it was done.
    func failure(of number: Int) -> (any Error)? {
        do {
            try play(number)
            return nil
        } catch {
            tellFailure(error, of: number)
            if script.steps[number] == .close { logs = [:] }
            return error
        }
    }

    private func tellFailure(_ error: any Error, of number: Int) {
        for log in concerned(script.steps[number]) {
            var event = ScriptEvent(.failed, step: number)
            event.log = log
            switch error as? LogError {
            case .poisoned: event.isFlushFailure = true
            case .file(let failure): event.isFlushFailure = failure.operation == .flush
            default: break
            }
            tell(event)
        }
    }

    /// Lets logs go on that a failed flush has stopped.
    func resume() throws {
        for number in logs.keys.sorted() { try logs[number]?.resume() }
    }

    private func play(_ number: Int) throws {
        let step = script.steps[number]
        for log in concerned(step) { told(.began, number, log) }
        try perform(step, number)
        for log in concerned(step) { told(.ended, number, log) }
        if step == .close { logs = [:] }
    }

    private func told(_ kind: ScriptEvent.Kind, _ number: Int, _ log: Int) {
        var event = ScriptEvent(kind, step: number)
        event.log = log
        if let ends = logs[log]?.ends {
            event.start = Int(ends.start.rawValue)
            event.flushed = Int(ends.flushed.rawValue)
            event.written = Int(ends.written.rawValue)
        }
        tell(event)
    }

    private func concerned(_ step: Script.Step) -> [Int] {
        switch step {
        case .open(let numbers): numbers
        case .append(_, let log, _, _, _): [log]
        case .put, .compact: [0]
        case .flush(let log): [log]
        case .flushAll, .close: logs.keys.sorted()
        case .roll, .delete, .retain, .truncate: [0]
        case .checkpoint, .pass: []
        }
    }

    private func log(_ number: Int) throws -> Log {
        guard let log = logs[number] else { throw SceneError.notOpen }
        return log
    }

    private func perform(_ step: Script.Step, _ number: Int) throws {
        switch step {
        case .open(let numbers):
            // Where an earlier attempt came as far, the directory is open already.
            let opened = try directory ?? DataDirectory(path, in: surroundings)
            directory = opened
            for number in numbers {
                logs[number] = try opened.openLog(Self.name(number), settings: script.settings)
            }
        case .append(_, let target, let epoch, let compression, _):
            let batch = try Scene.batch(
                script.values(of: number), compression: compression,
                timestamp: clock.wallClock().milliseconds)
            guard let epoch = LeaderEpoch(exactly: epoch) else { preconditionFailure("lawful") }
            try log(target).append(batch.rawSpan, epoch: epoch)
        case .put:
            let batch = try Self.keyedBatch(script.values(of: number))
            try log(0).append(batch.rawSpan)
        case .compact: try log(0).clean(now: clock.wallClock())
        case .flush(let target): try log(target).flush()
        case .flushAll: try directory?.flush(logs.keys.sorted().compactMap { logs[$0] })
        case .roll: try log(0).roll()
        case .delete(let offset): try log(0).deleteRecords(before: Offset(Int64(offset)))
        case .retain: try log(0).applyRetention(now: clock.wallClock())
        case .truncate(let offset):
            let log = try log(0)
            // Where appends failed the log may be too short for it.
            guard offset < log.ends.written.rawValue else { return }
            try log.truncate(to: Offset(Int64(offset)))
        case .checkpoint: try directory?.checkpoint()
        case .pass(let duration): clock.advance(by: duration)
        case .close:
            // What fails to close is closed all the same.
            defer { directory = nil }
            try directory?.close()
        }
    }

    /// One batch of records that have the keys which their values tell.
    static func keyedBatch(_ values: [String]) throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.begin(BatchSettings())
        for value in values {
            let key = Array((Script.key(of: value) ?? "").utf8)
            let bytes = Array(value.utf8)
            _ = try builder.append(
                key: key.rawSpan, value: bytes.rawSpan, timestamp: Timestamp(milliseconds: 1000))
        }
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }
}
