/// Which un-flushed atoms survive a power cut. Atoms count from 0 in the order of the operations
/// that made them (`SimulatedDisk.pendingAtoms`).
public enum AtomSelection: Hashable, Sendable {
    case none
    case all
    /// Bit i stands for atom i; atoms from 64 on are lost.
    case mask(UInt64)
    case only([Int])
    case omitting([Int])
    /// Each atom by the toss of a coin.
    case random(seed: UInt64)

    /// For each of `count` atoms whether it is asked for.
    func choices(of count: Int) -> [Bool] {
        switch self {
        case .none: return [Bool](repeating: false, count: count)
        case .all: return [Bool](repeating: true, count: count)
        case .mask(let mask): return (0..<count).map { $0 < 64 && mask >> UInt64($0) & 1 == 1 }
        case .only(let kept): return (0..<count).map { kept.contains($0) }
        case .omitting(let lost): return (0..<count).map { !lost.contains($0) }
        case .random(let seed):
            var random = SplitMix64(seed: seed)
            return (0..<count).map { _ in random.next() & 1 == 1 }
        }
    }
}

/// What becomes of the last kept write (the last kept atom that carries bytes).
public enum Tear: Hashable, Sendable {
    /// The first `count` bytes reach the disk. The file's size is not touched, so that where the
    /// write grew the file and the growth survives, zeros stand for the rest.
    case prefix(Int)
    /// The first `count` bytes reach the disk, and a growth by the same write ends there too.
    case shorter(Int)
    /// Bit i stands for the i-th 512-byte sector, by place in the file, that the write touches;
    /// sectors from 64 on are lost.
    case sectors(UInt64)

    /// The parts of a write of `count` bytes at `position` that reach the disk.
    func parts(ofWriteAt position: Int, count: Int) -> [Range<Int>] {
        switch self {
        case .prefix(let kept), .shorter(let kept): return [0..<min(max(kept, 0), count)]
        case .sectors(let mask):
            let sectors = Sector.parts(ofWriteAt: position, count: count)
            return sectors.enumerated().filter { $0.offset < 64 && mask >> $0.offset & 1 == 1 }
                .map(\.element)
        }
    }
}

/// What a disk writes at once.
enum Sector {
    static let size = 512

    /// The write cut at the multiples of 512 in the file, as ranges of the written bytes.
    static func parts(ofWriteAt position: Int, count: Int) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = 0
        while start < count {
            let end = min(count, start + size - (position + start) % size)
            parts.append(start..<end)
            start = end
        }
        return parts
    }
}

extension AtomSelection: CustomStringConvertible {
    /// As Swift spells it, to paste into a test.
    public var description: String {
        switch self {
        case .none: ".none"
        case .all: ".all"
        case .mask(let mask): ".mask(0b\(String(mask, radix: 2)))"
        case .only(let kept): ".only(\(kept))"
        case .omitting(let lost): ".omitting(\(lost))"
        case .random(let seed): ".random(seed: \(seed))"
        }
    }
}

extension Tear: CustomStringConvertible {
    /// As Swift spells it, to paste into a test.
    public var description: String {
        switch self {
        case .prefix(let count): ".prefix(\(count))"
        case .shorter(let count): ".shorter(\(count))"
        case .sectors(let mask): ".sectors(0b\(String(mask, radix: 2)))"
        }
    }
}
