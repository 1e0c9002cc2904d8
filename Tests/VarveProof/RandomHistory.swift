import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

/// The steps that a seed stands for.
package struct RandomHistory {
    private var random: SplitMix64
    package private(set) var workload: FaultWorkload

    package init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        workload = FaultWorkload(name: "", settings: Workload.settings(), steps: [])
        workload.settings = settings()
        let mayFail = Bool.random(using: &random)
        let count = Int.random(in: 5...50, using: &random)
        workload.steps = (0..<count).map { _ in step(mayFail: mayFail) }
        workload.name = "\(workload.settings.flushPolicy), \(count) steps, faults \(mayFail)"
    }

    private mutating func settings() -> LogSettings {
        let policies: [FlushPolicy] = [
            .durable, .durable, .pageCache, .interval(.seconds(5)), .interval(.zero),
        ]
        var settings = Workload.settings(policies.randomElement(using: &random) ?? .durable)
        settings.segmentSizeMax = ByteCount(
            [1024, 1500, 4096].randomElement(using: &random) ?? 1024)
        settings.indexInterval = ByteCount([0, 100, 700].randomElement(using: &random) ?? 0)
        if Bool.random(using: &random) { settings.segmentCreation = .reserving }
        if Bool.random(using: &random) { settings.prewriting = ByteCount(600) }
        if Bool.random(using: &random) { settings.retentionSize = .kib(3) }
        return settings
    }

    private mutating func step(mayFail: Bool) -> FaultWorkload.Step {
        switch Int.random(in: 0..<(mayFail ? 40 : 32), using: &random) {
        case 0..<16: return append()
        case 16: return .roll
        case 17, 18: return .flush
        case 19, 20: return .checkpoint
        case 21: return .retain
        case 22: return .delete(before: Int.random(in: 0..<60, using: &random))
        case 23, 24: return .truncate(to: Int.random(in: 0..<60, using: &random))
        case 25, 26: return .reopen
        case 27, 28: return .die
        case 29..<32: return cut()
        case 32: return .clearFaults
        default: return fault()
        }
    }

    private mutating func append() -> FaultWorkload.Step {
        let codecs: [Compression] = [.none, .none, .none, .gzip, .snappy, .lz4, .zstd]
        return .append(
            count: Int.random(in: 1...2, using: &random),
            padding: [0, 20, 150, 500].randomElement(using: &random) ?? 0,
            epoch: Int32.random(in: 0...6, using: &random) / 3,
            codecs.randomElement(using: &random) ?? .none)
    }

    private mutating func cut() -> FaultWorkload.Step {
        let ago = [0, 0, Int.random(in: 0...12, using: &random)].randomElement(using: &random)
        let seed = random.next()
        let selections: [AtomSelection] = [.none, .all, .random(seed: seed), .random(seed: seed)]
        let length = Int.random(in: 0...300, using: &random)
        let tears: [Tear?] = [nil, .prefix(length), .shorter(length), .sectors(seed & 0b11)]
        return .cut(
            ago: ago ?? 0, keeping: selections.randomElement(using: &random) ?? .none,
            tearing: tears.randomElement(using: &random) ?? nil)
    }

    private mutating func fault() -> FaultWorkload.Step {
        let kinds: [Set<FileError.Operation>?] = [
            nil, [.write], [.flush], [.flushDirectory], [.open], [.rename], [.remove], [.resize],
            .changing, [.read, .map],
        ]
        let error: SystemError =
            [.inputOutput, .noSpace, .tooManyFiles].randomElement(using: &random) ?? .inputOutput
        return .fail(
            ordinal: Int.random(in: 0...20, using: &random),
            of: kinds.randomElement(using: &random) ?? nil, error,
            Int.random(in: 0..<4, using: &random) == 0 ? .forGood : .once)
    }
}
