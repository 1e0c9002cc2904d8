internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Record areas of 64 KiB that hold lines of a service's log in JSON.
struct CodecWorkload {
    /// Which way.
    enum Direction { case compress, decompress }

    /// What the figure is divided by.
    enum Reference {
        /// memcpy of the plain bytes.
        case copy
        /// The decoder of zlib, or of liblz4, by itself.
        case library
    }

    private static let pieceSize = 64 << 10
    private let compression: Compression
    private let direction: Direction
    private let reference: Reference
    private let plain: MappedBytes
    private let packed: [MappedBytes]

    init(
        _ bench: Workbench, _ direction: Direction, _ compression: Compression,
        per reference: Reference = .copy
    ) throws {
        self.compression = compression
        self.direction = direction
        self.reference = reference
        let count = bench.scaled(128, smoke: 1)
        let size = count * Self.pieceSize
        let plain = SharedBytes.copy(
            of: bench.options.sample.map { Self.repeated($0, size: size) }
                ?? Self.lines(size: size, seed: bench.options.seed))
        let compressor = Compressor()
        var packed: [MappedBytes] = []
        for number in 0..<count {
            var output = ByteBuffer()
            try compressor.compress(Self.piece(plain, number), with: compression, into: &output)
            packed.append(SharedBytes.copy(of: output))
        }
        self.plain = plain
        self.packed = packed
    }

    @_lifetime(borrow plain)
    private static func piece(_ plain: MappedBytes, _ number: Int) -> RawSpan {
        plain.bytes(in: number * pieceSize..<(number + 1) * pieceSize)
    }

    /// Exactly `size` bytes of a sample, from its start again where it ends.
    private static func repeated(_ sample: [UInt8], size: Int) -> ByteBuffer {
        var bytes = ByteBuffer(capacity: size + sample.count)
        while bytes.count < size { bytes.append(sample.rawSpan) }
        bytes.truncate(to: size)
        return bytes
    }

    /// Exactly `size` bytes of lines with times, levels, identifiers and a little text.
    private static func lines(size: Int, seed: UInt64) -> ByteBuffer {
        let levels = ["DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"]
        let verbs = ["GET", "PUT", "POST", "DELETE"]
        let nouns = ["orders", "users", "carts", "payments", "sessions", "items"]
        var generator = SeededGenerator(seed: seed)
        var lines = ByteBuffer(capacity: size + 512)
        var time = 1_700_000_000_000
        while lines.count < size {
            time += Int.random(in: 0..<50, using: &generator)
            let level = levels[Int.random(in: 0..<levels.count, using: &generator)]
            let verb = verbs[Int.random(in: 0..<verbs.count, using: &generator)]
            let noun = nouns[Int.random(in: 0..<nouns.count, using: &generator)]
            let user = Int.random(in: 0..<100_000, using: &generator)
            let took = Int.random(in: 1..<2_000, using: &generator)
            let trace = String(generator.next(), radix: 16)
            lines.append(
                "{\"time\":\(time),\"level\":\"\(level)\",\"trace\":\"\(trace)\",\"message\":"
                    + "\"\(verb) /api/v1/\(noun)/\(user) took \(took) us\",\"user\":\(user)}\n")
        }
        lines.truncate(to: size)
        return lines
    }

    func pair() -> Pair {
        let size = plain.count
        let packedSize = packed.reduce(0) { $0 + $1.count }
        let ratio = FigureText.ratio(Double(size) / Double(packedSize))
        return Pair(
            subject: { round in
                switch direction {
                case .compress: try compress(&round)
                case .decompress: try decompress(&round)
                }
            },
            reference: { round in
                switch reference {
                case .copy: copy(&round)
                case .library: try decompressByLibrary(&round)
                }
            },
            note: "\(ratio) to 1")
    }

    private func copy(_ round: inout Round) {
        let target = ScratchMemory(size: Self.pieceSize)
        round.time(work: plain.count) { _ in
            for number in packed.indices { target.take(Self.piece(plain, number)) }
            return UInt64(plain.count)
        }
    }

    private func decompressByLibrary(_ round: inout Round) throws {
        let decoder = try LibraryDecoder(sizeMax: Self.pieceSize)
        try round.time(work: plain.count) { _ in
            var size = 0
            for piece in packed {
                let bytes = piece.bytes(in: 0..<piece.count)
                if compression.codec == .gzip {
                    size += try decoder.inflate(bytes)
                } else if let block = LibraryDecoder.block(in: bytes) {
                    size += try decoder.decompressBlock(bytes.extracting(block))
                }
            }
            return UInt64(size)
        }
    }

    private func compress(_ round: inout Round) throws {
        let compressor = Compressor()
        var output = ByteBuffer(capacity: 2 * Self.pieceSize)
        // The first call makes the codec's context.
        try compressor.compress(Self.piece(plain, 0), with: compression, into: &output)
        try round.time(work: plain.count) { _ in
            var digest: UInt64 = 0
            for number in packed.indices {
                output.removeAll()
                try compressor.compress(
                    Self.piece(plain, number), with: compression, into: &output)
                digest = Digest.of(digest, UInt64(output.count))
            }
            return digest
        }
    }

    private func decompress(_ round: inout Round) throws {
        let decompressor = Decompressor()
        var output = ByteBuffer(capacity: 2 * Self.pieceSize)
        let codec = compression.codec
        let first = packed[0]
        try decompressor.decompress(
            first.bytes(in: 0..<first.count), codec: codec, into: &output)
        try round.time(work: plain.count) { _ in
            var digest: UInt64 = 0
            for piece in packed {
                output.removeAll()
                let bytes = piece.bytes(in: 0..<piece.count)
                try decompressor.decompress(bytes, codec: codec, into: &output)
                let plain = output.bytes
                digest = Digest.of(
                    digest,
                    unsafe plain.unsafeLoadUnaligned(
                        fromByteOffset: plain.byteCount / 2, as: UInt64.self))
            }
            return digest
        }
    }
}
