internal import VarveBytes

/// All blocks of a sidecar, each checked by itself and against its neighbours: which can be
/// believed, and what they say of a position.
struct SidecarSurvey: Sendable {
    /// A block of entries that is whole by itself.
    struct Block: Hashable, Sendable {
        var first: UInt32
        var last: UInt32
        var count: Int
        /// CRC-32C of all entries before the block, and of those through it.
        var chain: UInt32
        var chainAfter: UInt32
        var lastCRC: UInt32
        var isFull: Bool
    }

    /// The blocks of entries in order; nil for one that is not whole.
    private(set) var blocks: [Block?] = []
    private(set) var seal: SidecarSeal?
    /// What block 0 says; nil when it is not whole.
    private(set) var origin: SidecarOrigin?
    /// Whether block 0 is whole and of another segment.
    private(set) var isForeign = false

    /// Reads all blocks.
    /// - Parameter blockCount: how many whole blocks the file has.
    init(_ window: inout SidecarWindow, blockCount: Int, seed: UInt32) {
        for number in 0..<blockCount {
            guard let lent = window.lend(number) else {
                blocks.append(nil)
                continue
            }
            let bytes = lent.bytes
            if number == blockCount - 1, let seal = SidecarSeal(bytes, number: number),
                seal.seed == seed
            {
                self.seal = seal
            } else {
                take(bytes, number, seed)
            }
        }
    }

    private mutating func take(_ bytes: RawSpan, _ number: Int, _ seed: UInt32) {
        var found: Block?
        defer { blocks.append(found) }
        guard let header = SidecarBlock(bytes, number: number), header.kind == .entries else {
            return
        }
        if number == 0 {
            origin = SidecarOrigin(block: bytes)
            isForeign = header.seed != seed
        }
        guard header.seed == seed else { return }
        let entries = header.entries(in: bytes)
        guard let range = Self.positions(in: entries) else {
            // Only block 0 may be without entries.
            guard number == 0, header.count == 0, let origin else { return }
            found = Block(
                first: origin.start, last: origin.start, count: 0, chain: header.chain,
                chainAfter: header.chain, lastCRC: header.lastCRC, isFull: false)
            return
        }
        found = Block(
            first: range.lowerBound, last: range.upperBound, count: header.count,
            chain: header.chain,
            chainAfter: CRC32C.checksum(entries, continuing: header.chain),
            lastCRC: header.lastCRC,
            isFull: header.count == SidecarLayout.capacity(ofBlock: number))
    }

    /// First and last position of a block's entries; nil when there are none or out of order.
    private static func positions(in entries: RawSpan) -> ClosedRange<UInt32>? {
        let size = SidecarLayout.Entry.size
        guard entries.byteCount > 0 else { return nil }
        let first = SidecarEntry(entries, at: 0).position
        var last = first
        for place in stride(from: size, to: entries.byteCount, by: size) {
            let position = SidecarEntry(entries, at: place).position
            guard position > last else { return nil }
            last = position
        }
        return first...last
    }

    // MARK: What can be believed

    /// Blocks from the front that are whole and linked, and what they cover.
    struct Prefix: Hashable, Sendable {
        var blockCount = 0
        var entryCount = 0
        var lastPosition = 0
        var lastCRC: UInt32 = 0
        var chain: UInt32 = 0
    }

    func prefix(seed: UInt32) -> Prefix {
        var prefix = Prefix(chain: seed)
        for case let block? in blocks.prefix(while: { $0 != nil }) {
            let isAhead = prefix.entryCount == 0 || Int(block.first) > prefix.lastPosition
            guard block.chain == prefix.chain, isAhead else { break }
            prefix.blockCount += 1
            prefix.entryCount += block.count
            prefix.chain = block.chainAfter
            if block.count > 0 {
                prefix.lastPosition = Int(block.last)
                prefix.lastCRC = block.lastCRC
            }
            guard block.isFull else { break }
        }
        return prefix
    }

    /// Whether a block is whole and fits its neighbours. A stale version of a block is whole too,
    /// but its chain is not that of what follows.
    func isSound(_ number: Int, seed: UInt32) -> Bool {
        guard number >= 0, number < blocks.count, let block = blocks[number] else { return false }
        if number == 0, block.chain != seed { return false }
        if number > 0, let before = blocks[number - 1],
            before.chainAfter != block.chain || !before.isFull || before.last >= block.first
        {
            return false
        }
        if number + 1 < blocks.count {
            // A seal that is not whole stands as a last block that is not.
            let isLast = number + 2 == blocks.count && blocks[number + 1] == nil
            guard block.isFull || isLast else { return false }
            if let next = blocks[number + 1] {
                return next.chain == block.chainAfter && next.first > block.last
            }
            return true
        }
        return seal.map { $0.chain == block.chainAfter } ?? true
    }

    /// Blocks of entries that cannot be believed.
    func unsound(seed: UInt32) -> [Int] {
        blocks.indices.filter { !isSound($0, seed: seed) }
    }

    /// What is known of a position.
    enum Word: Hashable, Sendable {
        /// An entry of this block names it.
        case inBlock(Int)
        /// No batch was recorded there.
        case noBatch
        /// The block that would know is not to be believed.
        case blind
        /// Past the last entry.
        case notCovered
    }

    /// Which block speaks of a position.
    func word(on position: UInt32, seed: UInt32) -> Word {
        let before = blocks.lastIndex { $0.map { $0.count > 0 && $0.first <= position } ?? false }
        guard let before, let block = blocks[before] else {
            return isSound(0, seed: seed) ? .noBatch : .blind
        }
        if position <= block.last { return isSound(before, seed: seed) ? .inBlock(before) : .blind }
        guard before + 1 < blocks.count else { return .notCovered }
        return isSound(before, seed: seed) && isSound(before + 1, seed: seed) ? .noBatch : .blind
    }
}
