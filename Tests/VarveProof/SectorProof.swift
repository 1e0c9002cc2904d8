import VarveSim

/// G8: sectors of a log that hold what belongs elsewhere, or what stood there before.
package struct SectorProof: ProofSearch {
    package enum Kind: String, CaseIterable, Sendable {
        /// The sector holds what was written to another one.
        case misdirected
        /// Two sectors hold each other's bytes.
        case swapped
        /// The sectors behind it hold the same bytes.
        case duplicated
        /// It holds what stood there before a later write that was lost.
        case stale
        case zeroed
    }

    package let row = "G8"
    package var key: String { kind.rawValue }
    package var what: String { "\(kind.rawValue) sectors of 512 and 4,096 bytes" }
    package let goal = 1_000_000
    private let kind: Kind

    package init(_ kind: Kind) { self.kind = kind }

    private static let fullStride = 5_003
    private static let logSize = 1 << 20

    /// One damage: `count` sectors of `size` bytes from `sector` on, with those from `other` on.
    private struct Damage {
        var size: Int
        var sector: Int
        var other: Int
        var count: Int

        /// Which bytes may differ.
        func regions(_ kind: Kind) -> [Range<Int>] {
            let start = sector * size
            switch kind {
            case .misdirected, .stale: return [start..<start + size]
            case .zeroed: return [start..<start + size * count]
            case .duplicated: return [start + size..<start + size * (count + 1)]
            case .swapped:
                return [start..<start + size, other * size..<(other + 1) * size]
            }
        }
    }

    /// Many small batches, so that sectors hold whole ones, and the same under an older leader.
    private struct Stage {
        let log: LiveLog
        let before: LiveLog

        init() throws {
            log = try LiveLog(size: SectorProof.logSize, recordCounts: [1, 3, 2, 9], epoch: 3)
            before = try LiveLog(size: SectorProof.logSize, recordCounts: [1, 3, 2, 9], epoch: 2)
        }
    }

    package func run(_ effort: Effort) throws -> Tally {
        let stage = try Stage()
        var tally = Tally()
        var random = SplitMix64(seed: effort.seed)
        var number = 0
        var seen: Set<Int> = []
        // Every sector once or with its neighbours, then any with any.
        while tally.judged < (goal + effort.shardCount - 1) / effort.shardCount {
            defer { number += 1 }
            if number % 256 == 0, effort.deadline.isOver { break }
            let damage = damage(number, stage, &random)
            var hasher = Hasher()
            hasher.combine(damage.size)
            hasher.combine(damage.sector)
            hasher.combine(damage.other)
            hasher.combine(damage.count)
            guard effort.takes(number) else { continue }
            tally.states += 1
            guard seen.insert(hasher.finalize()).inserted else { continue }
            tally.judged += 1
            let isFull = tally.judged % Self.fullStride == 0
            if let fault = fault(of: stage, damage, isFull: isFull) {
                tally.record(fault, Self.label(damage))
            }
        }
        tally.note = "found \(stage.log.foundCount)"
        return tally
    }

    private func damage(
        _ number: Int, _ stage: Stage, _ random: inout SplitMix64
    ) -> Damage {
        let size = number % 2 == 0 ? 512 : 4096
        let sectorCount = stage.log.truth.bytes.count / size
        let sector = Int.random(in: 0..<sectorCount, using: &random)
        let count = min(Int.random(in: 1...64, using: &random), sectorCount - sector - 1)
        var other = Int.random(in: 0..<sectorCount - 1, using: &random)
        if other >= sector { other += 1 }
        // What was lost is everything from some byte of the sector on.
        if kind == .stale { other = Int.random(in: 0..<size * 2, using: &random) }
        switch kind {
        case .misdirected, .swapped, .stale:
            return Damage(size: size, sector: sector, other: other, count: 1)
        case .duplicated, .zeroed:
            let part = sector == sectorCount - 1 ? sector - 1 : sector
            return Damage(size: size, sector: part, other: 0, count: max(1, count))
        }
    }

    private func fault(of stage: Stage, _ damage: Damage, isFull: Bool) -> String? {
        let log = stage.log
        let regions = damage.regions(kind)
        let span = (regions.map(\.lowerBound).min() ?? 0)..<(regions.map(\.upperBound).max() ?? 1)
        // Far regions are looked at one after the other: what lies between them is whole.
        if kind == .swapped, !isFull {
            for region in regions {
                if let fault = unsafe log.fault(
                    in: region, { unsafe change($0, stage, damage, region) })
                {
                    return fault
                }
            }
            return nil
        }
        return unsafe log.fault(in: span, isFull: isFull) { bytes in
            for region in regions { unsafe change(bytes, stage, damage, region) }
        }
    }

    /// Makes the region what the damage makes of it, from the truth.
    private func change(
        _ bytes: UnsafeMutableRawBufferPointer, _ stage: Stage, _ damage: Damage,
        _ region: Range<Int>
    ) {
        let (truth, size) = (stage.log.truth.bytes, damage.size)
        for place in region {
            let inSector = place % size
            let value: UInt8 =
                switch kind {
                case .zeroed: 0
                case .misdirected: truth[damage.other * size + inSector]
                case .duplicated: truth[damage.sector * size + inSector]
                case .swapped:
                    truth[
                        (place / size == damage.sector ? damage.other : damage.sector) * size
                            + inSector]
                case .stale: stale(place, inSector, stage, damage)
                }
            unsafe bytes[place] = value
        }
    }

    /// Either zeros from some byte on, as before the file grew, or another leader's batches, as
    /// before the file was cut and written again.
    private func stale(_ place: Int, _ inSector: Int, _ stage: Stage, _ damage: Damage) -> UInt8 {
        if damage.other < damage.size {
            return inSector < damage.other ? stage.log.truth.bytes[place] : 0
        }
        return stage.before.truth.bytes[place]
    }

    // MARK: Replaying

    private static func label(_ damage: Damage) -> String {
        "\(damage.size)/\(damage.sector)/\(damage.other)/\(damage.count)"
    }

    package func fault(replaying label: String) throws -> String? {
        let numbers = label.split(separator: "/").compactMap { Int($0) }
        let stage = try Stage()
        guard numbers.count == 4, numbers[0] > 0, numbers.allSatisfy({ $0 >= 0 }),
            (numbers[1] + numbers[3] + 1) * numbers[0] <= stage.log.truth.bytes.count + 4096
        else { throw ReplayError("\(label) is no damage of sectors") }
        let damage = Damage(
            size: numbers[0], sector: numbers[1], other: numbers[2], count: numbers[3])
        return fault(of: stage, damage, isFull: false) ?? fault(of: stage, damage, isFull: true)
    }
}
