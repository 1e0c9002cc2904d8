internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Tells space that was written ahead of a log from what is left of its records: nothing but zeros
/// up to the end of the file.
enum TrailingZeros {
    /// Where they start: behind the last byte that is none, at `start` at the earliest. What cannot
    /// be read counts as bytes.
    ///
    /// - Parameter end: how long the file is.
    /// - Complexity: reads the zeros.
    static func start(
        in path: String, from start: Int, to end: Int, _ fileSystem: any FileSystem
    ) -> Int {
        var end = end
        guard end > start, let file = try? OpenFile(path, .read, in: fileSystem) else { return end }
        while end > start {
            // Pieces end where words of a file do, so that the last one alone is odd.
            let place = max(start, (end - 1) / stride * stride)
            guard
                let piece = try? file.copyBytes(at: FilePosition(place), count: end - place),
                piece.count == end - place
            else { return end }
            let bytes = piece.bytes(in: 0..<piece.count)
            if let last = lastByte(of: bytes) { return place + last + 1 }
            end = place
        }
        return start
    }

    /// The position of the last byte that is not zero.
    private static func lastByte(of bytes: RawSpan) -> Int? {
        var end = bytes.byteCount
        while end >= 8, bytes.uint64(at: end - 8) == 0 { end -= 8 }
        while end > 0, bytes.uint8(at: end - 1) == 0 { end -= 1 }
        return end > 0 ? end - 1 : nil
    }

    /// How much is read at a time.
    private static let stride = 64 << 10
}
