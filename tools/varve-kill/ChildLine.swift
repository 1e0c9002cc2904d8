/// What a child tells, in 32 bytes: less than PIPE_BUF, so that lines of many threads never mix
/// and a line is there whole or not at all.
enum ChildLine: Hashable {
    /// The log is open; this many bytes were cut off its end.
    case opened(cutSize: Int)
    case acknowledged(thread: Int, counter: Int, offset: Int64)
    /// From here on, records before the offset may be deleted.
    case deleting(before: Int64)
    case closing
    /// What the log held was seen, and must be there from now on.
    case checked

    static let size = 32

    var bytes: [UInt8] {
        let words: [Int64] =
            switch self {
            case .opened(let cutSize): [1, Int64(cutSize), 0, 0]
            case .acknowledged(let thread, let counter, let offset):
                [2, Int64(thread), Int64(counter), offset]
            case .deleting(let offset): [3, 0, 0, offset]
            case .closing: [4, 0, 0, 0]
            case .checked: [5, 0, 0, 0]
            }
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    /// - Returns: nil for bytes that are no line.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.size else { return nil }
        var words: InlineArray<4, Int64> = .init(repeating: 0)
        for place in 0..<Self.size {
            words[place / 8] |= Int64(bytes[bytes.startIndex + place]) << (place % 8 * 8)
        }
        switch words[0] {
        case 1: self = .opened(cutSize: Int(words[1]))
        case 2:
            self = .acknowledged(thread: Int(words[1]), counter: Int(words[2]), offset: words[3])
        case 3: self = .deleting(before: words[3])
        case 4: self = .closing
        case 5: self = .checked
        default: return nil
        }
    }
}
