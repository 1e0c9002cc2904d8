internal import VarveBytes
internal import VarveTerms

/// The files that say what the others were: a segment's sidecar, and the root of a directory.
///
/// The log beside them is sound. So nothing wrong is served whatever they hold, and where their own
/// checksums show that they are damaged, every record is.
enum IntegrityTargets {
    static let all: [FuzzTarget] = [sidecar, root]

    /// As for a whole log folder; the simulated disk copies the log of 40 KiB some ten times.
    private static let limits = FuzzLimits(
        heapBase: .mib(24), heapPerByte: 200, milliseconds: 2_000)

    /// A byte that says which sidecar is replaced, and what by: an even one that of a sealed
    /// segment, an odd one that of a segment that was appended to until a crash.
    private static let sidecar = FuzzTarget(
        "sidecar", seeds: .sidecars, limits: limits, repair: Stamps.flaggedSidecar
    ) { input throws(FuzzFailure) in
        guard input.byteCount > 0 else { return .refused }
        let isCrashed = input.int8(at: 0) & 1 != 0
        guard let scene = isCrashed ? IntegrityScene.crashed : IntegrityScene.closed else {
            return .refused
        }
        let bytes = input.extracting(1..<input.byteCount).array()
        return try scene.judge(
            [scene.sidecar], are: bytes, mayLie: scene.hasForgedBlock(bytes))
    }

    private static let root = FuzzTarget(
        "integrity-root", seeds: .roots, limits: limits, repair: Stamps.root
    ) { input throws(FuzzFailure) in
        guard let scene = IntegrityScene.closed else { return .refused }
        let bytes = input.array()
        var stamped = bytes
        Stamps.root(&stamped)
        return try scene.judge(IntegrityScene.roots, are: bytes, mayLie: stamped == bytes)
    }

    // MARK: Seeds

    /// Sidecars as this engine leaves them: three blocks of a sealed segment, and one block of a
    /// segment that was cut off behind a checkpoint.
    static var sidecars: [[UInt8]] {
        [(IntegrityScene.closed, UInt8(0)), (IntegrityScene.crashed, UInt8(1))].compactMap {
            scene, flag in
            scene.flatMap { $0.contents($0.sidecar) }.map { [flag] + $0 }
        }
    }

    static var roots: [[UInt8]] {
        [IntegrityScene.closed?.contents(IntegrityScene.roots[0])].compactMap { $0 }
    }
}

extension Stamps {
    private static let blockSize = 4096

    /// The checksum and the magic of every whole block of a sidecar.
    static func sidecar(_ input: inout [UInt8], from first: Int) {
        for start in stride(from: first, to: input.count - blockSize + 1, by: blockSize) {
            store(0x5641_5256, in: &input, at: start + 4)
            let crc = CRC32C.checksum(input.rawSpan.extracting(start + 4..<start + blockSize))
            store(crc, in: &input, at: start)
        }
    }

    /// The same behind a byte of flags.
    static let flaggedSidecar: FuzzTarget.Repair = { sidecar(&$0, from: 1) }

    /// Whether the whole block at `start` has a checksum that holds.
    static func isSound(block start: Int, of bytes: [UInt8]) -> Bool {
        guard start + blockSize <= bytes.count else { return false }
        var stamped = Array(bytes[start..<start + blockSize])
        sidecar(&stamped, from: 0)
        return stamped[...] == bytes[start..<start + blockSize]
    }

    /// The last line of a root, with its checksum in eight hexadecimal digits.
    static let root: FuzzTarget.Repair = { input in
        let mark = Array("end ".utf8)
        let lineFeed = UInt8(ascii: "\n")
        var place = input.count
        while place > 0 {
            let isLine = input[place...].starts(with: mark) && input[place - 1] == lineFeed
            if isLine { break }
            place -= 1
        }
        let body = Array(input[..<(place > 0 ? place : input.count)])
        let digits = String(CRC32C.checksum(body.rawSpan), radix: 16)
        let zeros = String(repeating: "0", count: 8 - digits.utf8.count)
        input = body + Array("end \(zeros)\(digits)\n".utf8)
    }

    /// The last line of a quarantine file, with its checksum in decimal.
    static let quarantine: FuzzTarget.Repair = { input in
        let lineFeed = UInt8(ascii: "\n")
        let end = input.dropLast().lastIndex(of: lineFeed).map { $0 + 1 } ?? 0
        let body = Array(input[..<end])
        input = body + Array("crc32c \(CRC32C.checksum(body.rawSpan))\n".utf8)
    }
}
