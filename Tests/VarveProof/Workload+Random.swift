import VarveLog
import VarveRecords
import VarveSim
import VarveTerms

/// Programs that do anything in any order; a seed is a program.
extension Workload {
    /// The canonical workload, or the random program, of that name.
    package static func named(_ name: String) -> Workload? {
        if name.hasPrefix(randomPrefix), let seed = UInt64(name.dropFirst(randomPrefix.count)) {
            return random(seed: seed)
        }
        return canonical.first { $0.name == name }
    }

    private static let randomPrefix = "random "

    static func random(seed: UInt64) -> Workload {
        var random = SplitMix64(seed: seed)
        let policies: [FlushPolicy] = [
            .durable, .durable, .pageCache, .pageCache, .interval(.seconds(2)),
        ]
        let policy = policies[Int.random(in: policies.indices, using: &random)]
        let settings = settings(policy) {
            $0.segmentSizeMax = ByteCount(Int.random(in: 1_024...4_096, using: &random))
            $0.indexInterval = ByteCount(Int.random(in: 0...300, using: &random))
            if Bool.random(using: &random) { $0.segmentCreation = .reserving }
            $0.prewriting = ByteCount(Int.random(in: 0...3, using: &random) * 400)
            if Bool.random(using: &random) { $0.retentionSize = .kib(3) }
        }
        let first = random.next()
        let later = random.next()
        return Workload(
            name: randomPrefix + "\(seed)", settings: settings,
            prepare: { scene in
                var random = SplitMix64(seed: first)
                try scene.open()
                for _ in 0..<Int.random(in: 0...8, using: &random) {
                    try scene.takeAnyStep(&random)
                }
            },
            run: { scene in
                var random = SplitMix64(seed: later)
                for _ in 0..<Int.random(in: 3...8, using: &random) {
                    try scene.takeAnyStep(&random)
                }
            })
    }
}

extension Scene {
    fileprivate func takeAnyStep(_ random: inout SplitMix64) throws {
        let epoch = Int32(random.next() % 3) + latestEpoch
        let padding = [0, 30, 150, 420, 900][Int(random.next() % 5)]
        let count = Int(random.next() % 3) + 1
        switch random.next() % 20 {
        case 0..<8: try append(count, epoch: epoch, padding: padding)
        case 8: try append(count, epoch: epoch, compression: .lz4, padding: padding)
        case 9, 10:
            // Always another producer: what a truncation took of an older one is not known here.
            try produce(count, by: Int64(disk.operationCount), epoch: epoch, padding: padding)
        case 11: try roll()
        case 12: try flush()
        case 13: try checkpoint()
        case 14: try truncate(to: Int(random.next() % 24))
        case 15: try delete(before: min(Int(random.next() % 24), flushedEnd))
        case 16: try retain()
        case 17: pass(.seconds(3))
        default:
            try close()
            try open()
        }
    }

    private var latestEpoch: Int32 { logs[Self.name()]?.latestEpoch?.rawValue ?? 0 }

    private var flushedEnd: Int { Int(logs[Self.name()]?.ends.flushed.rawValue ?? 0) }
}
