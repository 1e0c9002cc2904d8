import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

/// Flushes that run beside the owner of the logs.
extension Scene {
    /// Appends one batch and waits for nothing.
    package func write(
        _ count: Int = 1, to number: Int, epoch: Int32 = 0, padding: Int = 0
    ) throws {
        let base = try write(count, keys: [], to: number, epoch: epoch, padding: padding)
        bases[Self.name(number), default: []].append(base)
    }

    /// Begins a flush of some logs, which is held.
    package func beginFlush(_ numbers: [Int]) throws {
        let logs = try numbers.map { try log($0) }
        for number in numbers {
            if try log(number).isFlushing { try finishFlush([number]) }
            begun[number] = Int(try log(number).ends.written.rawValue)
        }
        _ = Log.beginFlush(of: logs, by: flushes) {}
    }

    package func runFlush() { flushes.runNext() }

    /// Takes up what became of a flush: what was appended before it began is acknowledged.
    package func finishFlush(_ numbers: [Int]) throws {
        for number in numbers {
            try log(number).finishFlush()
            guard let end = begun.removeValue(forKey: number) else { continue }
            note(number, .acknowledge(flushed: end, written: end))
        }
    }

    /// Lets a flush fail that is held.
    package func failFlush(of number: Int) throws {
        disk.failNext(.flush, with: .inputOutput)
        flushes.runNext()
        do {
            try finishFlush([number])
            throw SceneError.notRefused
        } catch is LogError {
            disk.clearFaults()
        }
    }
}
