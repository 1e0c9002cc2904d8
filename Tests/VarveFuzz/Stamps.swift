internal import VarveBytes
internal import VarveLog
internal import VarveRecords

/// Makes right what checksums guard, so that a mutation reaches what lies behind them.
enum Stamps {
    /// Every batch from the front on, as far as the lengths lead: its checksum, and its magic
    /// unless that is an old one.
    static let batches: FuzzTarget.Repair = { input in
        var place = 0
        while place < input.count, let size = stampBatch(&input, at: place) { place += size }
    }

    /// - Returns: the size of the batch; nil when none of a sensible length starts there.
    private static func stampBatch(_ input: inout [UInt8], at place: Int) -> Int? {
        guard let peek = BatchPeek(input.rawSpan, at: place),
            peek.sizeInBytes >= BatchPeek.size, peek.sizeInBytes <= input.count - place
        else { return nil }
        let end = place + peek.sizeInBytes
        if peek.magic == 0 || peek.magic == 1 {
            // CRC-32 of all that follows it, which is from the magic on.
            let magic = place + BatchLayout.magic.start
            store(crc32(input[magic..<end]), in: &input, at: magic - 4)
            return peek.sizeInBytes
        }
        guard peek.sizeInBytes >= BatchLayout.headerSize else { return nil }
        input[place + BatchLayout.magic.start] = UInt8(BatchLayout.currentMagic)
        let covered = place + BatchLayout.checksummedFrom..<end
        let crc = CRC32C.checksum(input.rawSpan.extracting(covered))
        store(crc, in: &input, at: place + BatchLayout.crc.start)
        return peek.sizeInBytes
    }

    /// The polynomial of IEEE 802.3, bit by bit: inputs are small.
    private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 0 ? 0 : 0xEDB8_8320) }
        }
        return ~crc
    }

    /// Both slots of a `varve.ends` file.
    static let ends: FuzzTarget.Repair = { input in
        typealias Layout = PublishedEnds.Layout
        for start in Layout.slotStarts where input.count >= start + Layout.slotSize {
            store(Layout.magicNumber, in: &input, at: start + Layout.magic.start)
            let crc = CRC32C.checksum(
                input.rawSpan.extracting(start..<start + Layout.crc.start))
            store(crc, in: &input, at: start + Layout.crc.start)
        }
    }

    /// The checksum of a producer snapshot, in its bytes 2 to 5.
    static let snapshot: FuzzTarget.Repair = { input in
        guard input.count >= 6 else { return }
        store(CRC32C.checksum(input.rawSpan.extracting(6..<input.count)), in: &input, at: 2)
    }

    static func store(_ value: UInt32, in input: inout [UInt8], at place: Int) {
        for slot in 0..<4 {
            input[place + slot] = UInt8(truncatingIfNeeded: value >> (24 - 8 * slot))
        }
    }
}
