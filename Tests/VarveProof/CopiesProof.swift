import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveTerms

/// G9 and G10: three copies of a log, each damaged elsewhere, and a repair of one from the others.
package struct CopiesProof: ProofSearch {
    /// What is left to repair from.
    package enum Kind: Sendable {
        /// Every batch is bad in one copy or two, and never in all three.
        case helical
        /// Some batches are bad in all copies.
        case lost
    }

    package let row: String
    package let key: String
    package let what: String
    package let goal = 1_000
    package let weight = 2
    private let kind: Kind

    package init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .helical:
            (row, key) = ("G9", "helical")
            what = "three copies, every byte bad in some, none in all"
        case .lost:
            (row, key) = ("G10", "lost")
            what = "three copies, some batches bad in all"
        }
    }

    package func run(_ effort: Effort) throws -> Tally {
        let copies = try Copies()
        var tally = Tally()
        var lostCount = 0
        var number = effort.shard
        while number < goal, !tally.isHopeless, !effort.deadline.isOver {
            defer { number += effort.shardCount }
            let seed = effort.seed &* 1_000_003 &+ UInt64(number)
            tally.states += 1
            tally.judged += 1
            let layout = CopiesLayout(copies, kind, seed: seed)
            lostCount += layout.lost.count
            if let fault = copies.fault(of: layout) { tally.record(fault, "\(seed)") }
        }
        if kind == .lost { tally.note = "lost batches \(lostCount)" }
        return tally
    }

    package func fault(replaying label: String) throws -> String? {
        guard let seed = UInt64(label) else { throw ReplayError("\(label) is no seed") }
        let copies = try Copies()
        return copies.fault(of: CopiesLayout(copies, kind, seed: seed))
    }
}

/// Which batches are bad in which copies, and how.
struct CopiesLayout {
    /// For each batch the copies in which it is bad, as bits.
    private(set) var bad: [UInt8] = []
    /// The batches that no copy has any more.
    private(set) var lost: Set<Int> = []
    private(set) var random: SplitMix64

    init(_ copies: Copies, _ kind: CopiesProof.Kind, seed: UInt64) {
        random = SplitMix64(seed: seed)
        // A slice of the log is bad in one copy, the next one in the next, and so on.
        let sliceSize = Int.random(in: 1...12, using: &random)
        let phase = Int.random(in: 0..<3, using: &random)
        let isDouble = Bool.random(using: &random)
        for number in copies.batches.indices {
            let copy = (number / sliceSize + phase) % 3
            bad.append(1 << UInt8(copy) | (isDouble ? 1 << UInt8((copy + 1) % 3) : 0))
        }
        guard kind == .lost else { return }
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let first = Int.random(in: copies.batches.indices, using: &random)
            let count = Int.random(in: 1...4, using: &random)
            for number in first..<min(first + count, copies.batches.count) {
                bad[number] = 0b111
                lost.insert(number)
            }
        }
    }

    /// Other bytes in place of those of a batch: each byte another one, or a part of them.
    mutating func damage(_ bytes: inout [UInt8], _ range: Range<Int>) {
        let isWhole = random.next() % 4 != 0
        let first = isWhole ? range.lowerBound : Int.random(in: range, using: &random)
        let end =
            isWhole
            ? range.upperBound : Int.random(in: first..<range.upperBound, using: &random) + 1
        for place in first..<end { bytes[place] ^= UInt8.random(in: 1...255, using: &random) }
    }
}

/// A directory with two logs, closed, and two copies of it.
final class Copies {
    struct Batch {
        var path: String
        var range: Range<Int>
        var offsets: Range<Offset>
    }

    static let others = ["/copies/1", "/copies/2"]

    private let disk: SimulatedDisk
    private let settings: LogSettings
    private let expectations: [LogName: Expectation]
    /// The batches of the log that is damaged, in order.
    let batches: [Batch]

    init() throws {
        settings = Workload.settings { $0.segmentSizeMax = .kib(4) }
        let scene = Scene(SimulatedDisk(), settings: settings)
        try scene.open([0, 1])
        for number in 0..<48 {
            try scene.append(1 + number % 3, epoch: Int32(number / 20), padding: number * 7 % 190)
        }
        try scene.append(3, to: 1)
        try scene.close()
        expectations = scene.expectations(at: .max)
        disk = scene.disk.crash(keeping: .all)
        var batches: [Batch] = []
        let folder = Scene.path + "/" + Scene.name().folder + "/"
        for path in disk.paths {
            let bytes = disk.contents(path) ?? []
            for other in Self.others {
                disk.setContents(other + path.dropFirst(Scene.path.count), bytes)
            }
            guard path.hasPrefix(folder), path.hasSuffix(".log") else { continue }
            var position = 0
            while let header = BatchHeader(bytes.rawSpan, at: position) {
                let offsets = Offset(header.baseOffset)..<Offset((header.lastOffset ?? 0) + 1)
                let end = position + header.sizeInBytes
                batches.append(Batch(path: path, range: position..<end, offsets: offsets))
                position = end
            }
        }
        self.batches = batches
    }

    /// Repairs the first copy from the others and holds it against what was appended.
    func fault(of layout: CopiesLayout) -> String? {
        var layout = layout
        let damaged = disk.crash(keeping: .all)
        for (copy, root) in ([Scene.path] + Self.others).enumerated() {
            damage(&layout, copy, root, on: damaged)
        }
        do {
            let report = try repair(damaged)
            let lost = layout.lost.map { batches[$0].offsets }
            let left = Set(report.places.flatMap(\.left).flatMap(Self.numbers))
            let wanted = Set(lost.flatMap(Self.numbers))
            // Batches that are bad in all copies at different bytes can be voted on: what came back
            // of them is served, and held against what was appended.
            guard left.isSubset(of: wanted) else {
                let reasons = Set(report.places.filter { !$0.left.isEmpty }.flatMap(\.refusals))
                return "the repair leaves \(left.subtracting(wanted).sorted()) that are not lost; "
                    + reasons.sorted().joined(separator: "; ")
            }
            guard report.isWhole == left.isEmpty else { return "isWhole is \(report.isWhole)" }
            return try faultOfReading(damaged, lost: left)
                ?? (left.isEmpty ? faultOfBytes(damaged) : nil)
        } catch {
            return "threw \(error)"
        }
    }

    private static func numbers(_ range: Range<Offset>) -> [Int64] {
        Array(range.lowerBound.rawValue..<range.upperBound.rawValue)
    }

    private func damage(
        _ layout: inout CopiesLayout, _ copy: Int, _ root: String, on disk: SimulatedDisk
    ) {
        for path in Set(batches.map(\.path)).sorted() {
            let place = root + path.dropFirst(Scene.path.count)
            var bytes = disk.contents(place) ?? []
            for (number, batch) in batches.enumerated()
            where batch.path == path && layout.bad[number] >> UInt8(copy) & 1 == 1 {
                layout.damage(&bytes, batch.range)
            }
            disk.setContents(place, bytes)
        }
    }

    private func repair(_ disk: SimulatedDisk) throws -> RepairReport {
        let surroundings = Scene.surroundings(disk, boot: UniqueID(high: 7, low: 2))
        let repair = try Repair(Scene.path, from: Self.others, in: surroundings)
        return try repair.run(Scene.name(), .write)
    }

    private func faultOfBytes(_ repaired: SimulatedDisk) -> String? {
        Set(batches.map(\.path)).sorted().first { repaired.contents($0) != disk.contents($0) }
            .map { "\($0) does not hold what it held" }
    }

    /// What was lost is named and nothing else is; the rest is served as it was appended, and the
    /// other log is whole.
    private func faultOfReading(_ disk: SimulatedDisk, lost: Set<Int64>) throws -> String? {
        let surroundings = Scene.surroundings(disk, boot: UniqueID(high: 7, low: 3))
        let directory = try DataDirectory(Scene.path, in: surroundings)
        for (name, expectation) in expectations.sorted(by: { $0.key < $1.key }) {
            let log = try directory.openLog(name, settings: settings)
            let contents = Contents(of: log.reader)
            if let stuck = contents.stuck { return "\(name): reading is stuck: \(stuck)" }
            for record in contents.served {
                if let fault = Contents.fault(record, expectation) { return "\(name): \(fault)" }
            }
            let named = Set(contents.corrupt.map(\.offsets).flatMap(Self.numbers))
            let missing = name == Scene.name() ? lost : []
            if named != missing {
                return "\(name): named as damaged \(named.sorted()), lost \(missing.sorted())"
            }
            let served = Set(contents.served.map { Int64($0.offset) })
            let all = Set(0..<Int64(expectation.candidates.count))
            if served.union(missing) != all || !served.isDisjoint(with: missing) {
                return "\(name): neither served nor named \(all.subtracting(served).sorted())"
            }
        }
        return nil
    }
}
