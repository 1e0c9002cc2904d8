internal import VarveBytes
internal import VarveLog
internal import VarveProof
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

    /// Whether a flush has failed, so that a log takes no more.
    private(set) var isStopped = false

    /// Plays steps by their numbers.
    /// - Parameter isTolerant: goes on after a step that threw.
    func play(_ numbers: Range<Int>, isTolerant: Bool = false) throws {
        for number in numbers {
            do {
                try play(number)
            } catch {
                tell(ScriptEvent(.failed, step: number))
                if case .poisoned = error as? LogError { isStopped = true }
                guard isTolerant else { throw error }
            }
        }
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
            let opened = try DataDirectory(path, in: surroundings)
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
        case .flush(let target): try log(target).flush()
        case .flushAll: try directory?.flush(logs.keys.sorted().compactMap { logs[$0] })
        case .roll: try log(0).roll()
        case .delete(let offset): try log(0).deleteRecords(before: Offset(Int64(offset)))
        case .retain: try log(0).applyRetention(now: clock.wallClock())
        case .truncate(let offset): try log(0).truncate(to: Offset(Int64(offset)))
        case .checkpoint: try directory?.checkpoint()
        case .pass(let duration): clock.advance(by: duration)
        case .close:
            try directory?.close()
            directory = nil
        }
    }
}
