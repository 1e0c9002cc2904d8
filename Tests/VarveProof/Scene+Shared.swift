import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// Several logs that share their flushes.
extension Scene {
    /// Appends one batch to each of the logs, and makes all of them durable together.
    package func appendTogether(
        _ numbers: [Int], count: Int = 1, epoch: Int32 = 0, padding: Int = 0
    ) throws {
        var bases: [Int] = []
        for number in numbers {
            bases.append(try write(count, keys: [], to: number, epoch: epoch, padding: padding))
        }
        try flushTogether(numbers, from: bases, count: count)
    }

    /// Appends one batch of records with these keys to each of the logs, as `appendTogether`.
    package func appendTogether(
        _ numbers: [Int], keys: [Int], epoch: Int32 = 0, padding: Int = 0
    ) throws {
        var bases: [Int] = []
        for number in numbers {
            let base = Int(try log(number).ends.written.rawValue)
            for (place, key) in keys.enumerated() {
                keyed[number, default: [:]][base + place] = key
            }
            bases.append(
                try write(keys.count, keys: keys, to: number, epoch: epoch, padding: padding))
        }
        try flushTogether(numbers, from: bases, count: keys.count)
    }

    /// - Returns: the first offset.
    func write(
        _ count: Int, keys: [Int], to number: Int, epoch: Int32, padding: Int
    ) throws -> Int {
        let log = try log(number)
        let base = Int(log.ends.written.rawValue)
        let values = (0..<count).map { _ in nextValue(epoch, padding) }
        let batch = try Self.batch(
            values, keys: keys.map { Array("key-\($0)".utf8) },
            timestamp: clock.wallClock().milliseconds)
        note(number, .submit(at: base, values))
        guard let epoch = LeaderEpoch(exactly: epoch) else { preconditionFailure("lawful") }
        try log.write(batch.rawSpan, epoch: epoch, now: clock.wallClock())
        return base
    }

    private func flushTogether(_ numbers: [Int], from bases: [Int], count: Int) throws {
        let logs = try numbers.map { try log($0) }
        var first: LogError?
        let failures = directory?.flushEach(logs) ?? []
        for (place, failure) in failures.enumerated() {
            if let failure {
                first = first ?? failure
            } else {
                try didAppend(count, at: bases[place], to: numbers[place])
            }
        }
        if let first { throw first }
    }

    /// Lets a log's file fail from now on: what the ring alone has of it stays there.
    package func stop(_ number: Int) throws {
        let log = try log(number)
        let base = log.ends.written
        let path = "\(log.path)/\(String(repeating: "0", count: 20)).log"
        for kind in [FileError.Operation.flush, .write] {
            disk.fail(ordinal: 0, of: [kind], at: path, with: .inputOutput, mode: .forGood)
        }
        guard (try? log.noteForCheckpoint()) == nil, log.ends.written == base else {
            throw SceneError.notRefused
        }
    }

    /// Appends together while flushes fail: `passing` of them pass before.
    package func appendTogetherFailing(
        _ numbers: [Int], after passing: Int, padding: Int = 0
    ) throws {
        disk.fail(ordinal: passing, of: [.flush], with: .inputOutput)
        do {
            try appendTogether(numbers, padding: padding)
        } catch is LogError {}
        disk.clearFaults()
    }
}
