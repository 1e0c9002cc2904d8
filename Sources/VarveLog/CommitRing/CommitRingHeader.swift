internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// What stands at the front of a commit ring: which life it is of, and from which on its frames
/// count.
///
/// It is written twice, into sectors of its own each, and both are flushed, one after the other:
/// one of the two is always whole, and damage to one of them hides nothing.
/// *Source*: docs/formats/commit-ring.md.
struct CommitRingHeader: Hashable {
    /// Drawn when the file is made. No frame of another ring passes for one of this, and neither
    /// do records that look like a frame.
    var life: UniqueID
    /// The number of the first frame that counts. Those before it are void.
    var sequence: UInt64 = 0
    /// Where that frame stands, or will.
    var position = Layout.framesStart

    /// The fields of a header, big-endian.
    enum Layout {
        static let magic = Field(at: 0, width: 4)
        static let version = Field(after: magic, width: 2)
        static let reserved = Field(after: version, width: 2)
        static let life = Field(after: reserved, width: 16)
        static let sequence = Field(after: life, width: 8)
        static let position = Field(after: sequence, width: 8)
        /// CRC-32C of everything before it.
        static let crc = Field(after: position, width: 4)
        static let size = crc.end
        static let starts = [0, CommitFrame.Layout.alignment]
        /// Where the first frame starts.
        static let framesStart = 2 * CommitFrame.Layout.alignment
        /// "VRNG".
        static let magicNumber: UInt32 = 0x5652_4E47
        static let currentVersion: Int16 = 2
    }

    init(life: UniqueID) { self.life = life }

    /// - Returns: nil unless it is whole and of this version.
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= Layout.size,
            bytes.uint32(at: Layout.magic.start) == Layout.magicNumber,
            bytes.int16(at: Layout.version.start) == Layout.currentVersion,
            bytes.uint32(at: Layout.crc.start)
                == CRC32C.checksum(bytes.extracting(0..<Layout.crc.start))
        else { return nil }
        life = UniqueID(
            high: bytes.uint64(at: Layout.life.start),
            low: bytes.uint64(at: Layout.life.start + 8))
        sequence = bytes.uint64(at: Layout.sequence.start)
        guard let place = Int(exactly: bytes.uint64(at: Layout.position.start)),
            place >= Layout.framesStart, place % CommitFrame.Layout.alignment == 0
        else { return nil }
        position = place
    }

    /// The later of the two headers of a file; nil when neither is whole.
    init?(of file: borrowing OpenFile) throws(FileError) {
        var latest: CommitRingHeader?
        for start in Layout.starts {
            let copy = try file.copyBytes(at: FilePosition(start), count: Layout.size)
            guard let header = CommitRingHeader(copy.bytes(in: 0..<copy.count)) else { continue }
            if latest.map({ $0.sequence < header.sequence }) ?? true { latest = header }
        }
        guard let latest else { return nil }
        self = latest
    }

    func print(into buffer: inout ByteBuffer) {
        let start = buffer.count
        buffer.append(Layout.magicNumber)
        buffer.append(Layout.currentVersion)
        buffer.append(Int16(0))
        buffer.append(life.high)
        buffer.append(life.low)
        buffer.append(sequence)
        buffer.append(UInt64(position))
        buffer.append(CRC32C.checksum(buffer.bytes.extracting(start..<buffer.count)))
    }
}

extension OpenFile {
    /// On return both headers survive a power cut. When it throws, either may hold.
    func store(_ header: CommitRingHeader) throws(FileError) {
        var buffer = ByteBuffer(capacity: 64)
        header.print(into: &buffer)
        for start in CommitRingHeader.Layout.starts {
            try write(buffer.bytes, at: FilePosition(start))
            try flush()
        }
    }
}
