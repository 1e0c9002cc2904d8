/// What a program tells while it plays its script, in four words.
struct ScriptEvent: Hashable {
    enum Kind: Int64 {
        /// A step begins.
        case began
        /// A step is done; told for each log that it concerns.
        case ended
        /// A step threw; told for each log that it concerns.
        case failed
    }

    var kind: Kind
    /// Its place among the script's steps.
    var step: Int
    var log = 0
    /// The log's ends.
    var start = 0
    var flushed = 0
    var written = 0

    /// Of a step that threw: what was not flushed before is promised no more.
    var isFlushFailure: Bool {
        get { kind == .failed && start != 0 }
        set { start = newValue ? 1 : 0 }
    }

    var words: [Int64] {
        [
            kind.rawValue | Int64(log) << 8 | Int64(step) << 16,
            Int64(start), Int64(flushed), Int64(written),
        ]
    }

    init(_ kind: Kind, step: Int) {
        self.kind = kind
        self.step = step
    }

    /// - Returns: nil for words that are no event.
    init?(words: [Int64]) {
        guard words.count == 4, let kind = Kind(rawValue: words[0] & 0xFF) else { return nil }
        self.init(kind, step: Int(words[0] >> 16))
        log = Int(words[0] >> 8 & 0xFF)
        (start, flushed, written) = (Int(words[1]), Int(words[2]), Int(words[3]))
    }
}
