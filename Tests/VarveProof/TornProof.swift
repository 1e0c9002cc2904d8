import VarveBytes
import VarveLog
import VarveSim
import VarveTerms

/// G5: every write of a log of 1 MiB, of whatever file, torn at every byte, and its last batch torn
/// into every subset of its sectors.
package struct TornProof: ProofSearch {
    package let row = "G5"
    package let key = "torn"
    package let what = "writes of a log of 1 MiB torn at every byte"
    package let goal = ByteProof.size + 1 << 13
    package let weight = 3

    package init() {}

    /// The history of the log: what the disk did, and where the log ended by then.
    private final class Stage {
        let trace: DiskTrace
        let clock: SimulatedClock
        let truth: Truth
        let settings: LogSettings
        /// After how many operations an append had returned, in order.
        private let acknowledged: [Int]

        init() throws {
            var settings = LogSettings()
            settings.segmentSizeMax = .mib(2)
            settings.indexSizeMax = .kib(64)
            self.settings = settings
            let disk = SimulatedDisk()
            let directory = try DataDirectory(
                Scene.path, in: Scene.surroundings(disk, boot: Scene.boot))
            let log = try directory.openLog(Scene.name(), settings: settings)
            var truth = Truth()
            var acknowledged: [Int] = []
            while truth.bytes.count < ByteProof.size {
                // The last one covers 13 sectors.
                let isLast = truth.bytes.count + 6_144 >= ByteProof.size
                let count = isLast ? 58 : [4, 9, 1, 14][truth.batches.count % 4]
                let batch = try Truth.batch(truth.batches.count, count: count, epoch: 0)
                truth.add(try log.append(batch.rawSpan).offsets, size: batch.count)
                acknowledged.append(disk.operationCount)
            }
            truth.bytes = disk.contents(TornProof.path) ?? []
            self.truth = truth
            self.acknowledged = acknowledged
            (trace, clock) = (disk.trace, disk.clock)
        }

        /// How many batches were acknowledged after `moment` operations.
        func acknowledgedCount(at moment: Int) -> Int {
            var (low, high) = (0, acknowledged.count)
            while low < high {
                let middle = (low + high) / 2
                if acknowledged[middle] <= moment { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private static let path =
        Scene.path + "/" + Scene.name().folder + "/00000000000000000000.log"
    /// Of so many states one is read as a whole, appended to and opened again.
    private static let fullStride = 1_009

    package func run(_ effort: Effort) throws -> Tally {
        let stage = try Stage()
        var tally = Tally()
        var cursor = CrashCursor(of: stage.trace, clock: stage.clock)
        var kinds: [String: Int] = [:]
        while cursor.advance(), !effort.deadline.isOver, !tally.isHopeless {
            let operation = stage.trace[cursor.moment - 1]
            guard operation.kind == .write, let size = operation.size?.bytes,
                effort.takes(cursor.moment)
            else { continue }
            var tears: [Tear] = (1..<size).flatMap { [.prefix($0), .shorter($0)] }
            if operation.path == Self.path, size > 6_000 {
                tears += (0..<1 << 13).map { .sectors(UInt64($0)) }
            }
            for tear in tears {
                tally.states += 1
                tally.judged += 1
                let isFull = tally.judged % Self.fullStride == 0
                if let fault = Self.fault(of: cursor, tear, stage, isFull: isFull) {
                    tally.record(fault, "\(cursor.moment)/\(Self.label(tear))")
                }
            }
            kinds[Self.kind(of: operation.path), default: 0] += tears.count
        }
        tally.note = kinds.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
        return tally
    }

    /// The name of a file, or its ending where the name is a number.
    private static func kind(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.hasPrefix("0000") ? String(name.drop { $0 != "." }) : name
    }

    private static func fault(
        of cursor: CrashCursor, _ tear: Tear, _ stage: Stage, isFull: Bool
    ) -> String? {
        let disk = cursor.disk(keeping: .all, tearing: tear)
        let boot = UniqueID(high: 7, low: 2)
        do {
            let directory = try DataDirectory(
                Scene.path, in: Scene.surroundings(disk, boot: boot))
            let log = try directory.openLog(Scene.name(), settings: stage.settings)
            let count = stage.acknowledgedCount(at: cursor.moment)
            if let fault = faultOfReading(log, acknowledged: count, stage, isFull: isFull) {
                return "\(fault); \(log.recovery)"
            }
            guard isFull else { return nil }
            let end = log.ends.written
            let batch = try Truth.batch(0, count: 1, epoch: 0)
            try log.append(batch.rawSpan)
            let again = try DataDirectory(
                Scene.path,
                in: Scene.surroundings(
                    disk.crash(keeping: .none), boot: UniqueID(high: 7, low: 3)))
            let reopened = try again.openLog(Scene.name(), settings: stage.settings)
            return reopened.ends.written == end.advanced(by: 1)
                ? nil : "appended at \(end), then it ends at \(reopened.ends.written)"
        } catch {
            return "threw \(error)"
        }
    }

    /// The log ends where an append ended, not before what was acknowledged, and serves what was
    /// appended there.
    private static func faultOfReading(
        _ log: Log, acknowledged: Int, _ stage: Stage, isFull: Bool
    ) -> String? {
        let batches = stage.truth.batches
        let end = log.ends.written
        let required = acknowledged == 0 ? .zero : batches[acknowledged - 1].offsets.upperBound
        guard end >= required else { return "ends at \(end), acknowledged to \(required)" }
        guard log.recovery.damaged.isEmpty else { return "damage in an undamaged log" }
        var next = isFull ? Offset.zero : batches[max(0, acknowledged - 2)].offsets.lowerBound
        while next < end {
            do {
                let outcome = try log.reader.read(from: next, through: .includingUnflushed)
                guard case .batches(let found) = outcome else {
                    return "a read at \(next) says \(outcome)"
                }
                if let fault = stage.truth.fault(of: found, at: next) { return fault }
                next = found.nextOffset
            } catch {
                return "a read at \(next) throws \(error)"
            }
        }
        return nil
    }

    // MARK: Replaying

    private static func label(_ tear: Tear) -> String {
        switch tear {
        case .prefix(let count): "prefix/\(count)"
        case .shorter(let count): "shorter/\(count)"
        case .sectors(let mask): "sectors/\(mask)"
        }
    }

    package func fault(replaying label: String) throws -> String? {
        let words = label.split(separator: "/").map(String.init)
        guard words.count == 3, let moment = Int(words[0]), let number = Int(words[2]),
            let tear = [
                "prefix": Tear.prefix(number), "shorter": .shorter(number),
                "sectors": .sectors(UInt64(clamping: number)),
            ][words[1]]
        else { throw ReplayError("\(label) is no torn write") }
        let stage = try Stage()
        guard (0...stage.trace.count).contains(moment) else { throw ReplayError("no such moment") }
        let cursor = CrashCursor(of: stage.trace, at: moment, clock: stage.clock)
        return Self.fault(of: cursor, tear, stage, isFull: false)
            ?? Self.fault(of: cursor, tear, stage, isFull: true)
    }
}
