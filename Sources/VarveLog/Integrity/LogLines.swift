internal import VarveBytes
internal import VarveTerms

/// What a root says of each log, kept as the text that says it: a directory may have a hundred
/// thousand logs, of which most are not asked for.
///
/// Text whose checksum held is taken apart when somebody asks for a log; lines that say nothing
/// understandable of it say nothing.
struct LogLines: Sendable {
    private var text: [UInt8] = []
    /// Where the lines of each log start in `text`, in order of the names' bytes.
    private var starts: [UInt32] = []
    /// What is said instead of the text; nil: nothing any more.
    private var changed: [String: IntegrityRoot.LogLine?] = [:]

    init() {}

    /// - Parameter text: lines as `write` makes them.
    /// - Returns: nil when a line is none that speaks of a log, or they are too many.
    init?(_ text: [UInt8]) {
        guard text.count <= UInt32.max else { return nil }
        self.text = text
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            guard end < text.count else { return nil }
            switch text[start] {
            case UInt8(ascii: "l"): starts.append(UInt32(start))
            case UInt8(ascii: "f"), UInt8(ascii: "s"):
                if starts.isEmpty { return nil }
            default: return nil
            }
            start = end + 1
        }
        let isSorted = starts.indices.dropFirst().allSatisfy { order(of: $0 - 1, $0) }
        if !isSorted { sort() }
    }

    private func order(of first: Int, _ second: Int) -> Bool {
        text[name(first)].lexicographicallyPrecedes(text[name(second)])
    }

    private mutating func sort() {
        let order = starts.indices.sorted { self.order(of: $0, $1) }
        // In another order than the text, so that where a log's lines end is not where the next
        // one's start: the text is put in order as well.
        var sorted: [UInt8] = []
        var places: [UInt32] = []
        for slot in order {
            places.append(UInt32(sorted.count))
            sorted += text[block(slot)]
        }
        (text, starts) = (sorted, places)
    }

    /// Where the lines of the log in a slot stand; the slots are in the order of the text.
    private func block(_ slot: Int) -> Range<Int> {
        Int(starts[slot])..<(slot + 1 < starts.count ? Int(starts[slot + 1]) : text.count)
    }

    /// Where the name of the log in a slot stands: the second word of its first line.
    private func name(_ slot: Int) -> Range<Int> {
        let start = min(Int(starts[slot]) + 4, text.count)
        var end = start
        while end < text.count, text[end] > UInt8(ascii: " ") { end += 1 }
        return start..<end
    }

    private func slot(of folder: String) -> Int? {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = low + (high - low) / 2
            if text[name(middle)].lexicographicallyPrecedes(folder.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < starts.count, text[name(low)].elementsEqual(folder.utf8) else { return nil }
        return low
    }

    // MARK: One log

    /// What is said of the log in a folder.
    /// - Complexity: O(log n), and the length of its lines.
    subscript(folder: String) -> IntegrityRoot.LogLine? {
        get {
            if let change = changed[folder] { return change }
            return slot(of: folder).flatMap { IntegrityRoot.LogLine(parsing: text[block($0)]) }
        }
        set {
            if newValue == nil, slot(of: folder) == nil {
                changed[folder] = nil
            } else {
                changed[folder] = .some(newValue)
            }
        }
    }

    // MARK: All of them

    /// The names of all folders.
    var folders: [String] {
        let named = starts.indices.map { String(decoding: text[name($0)], as: UTF8.self) }
        guard !changed.isEmpty else { return named }
        return named.filter { changed[$0] == nil } + changed.filter { $0.value != nil }.map(\.key)
    }

    /// Appends the lines of every log, in order of the folders' names.
    func write(into bytes: inout [UInt8]) {
        let others = changed.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        bytes.reserveCapacity(bytes.count + text.count)
        var next = others.startIndex
        for slot in starts.indices {
            let name = text[name(slot)]
            var isReplaced = false
            while next < others.endIndex,
                !name.lexicographicallyPrecedes(others[next].utf8)
            {
                isReplaced = name.elementsEqual(others[next].utf8)
                changed[others[next]]??.print(as: others[next], into: &bytes)
                next += 1
            }
            if !isReplaced { bytes += text[block(slot)] }
        }
        for folder in others[next...] { changed[folder]??.print(as: folder, into: &bytes) }
    }
}

extension LogLines: Hashable {
    private var printed: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    static func == (left: Self, right: Self) -> Bool { left.printed == right.printed }

    func hash(into hasher: inout Hasher) { hasher.combine(printed) }
}

extension IntegrityRoot.LogLine {
    /// Appends the lines that say this.
    func print(as folder: String, into bytes: inout [UInt8]) {
        var text = "log \(folder) \(start) \(end)\n"
        for (name, seal) in files.sorted(by: { $0.key < $1.key }) {
            text += "file \(folder)/\(name) \(seal.size) \(IntegrityRoot.hexadecimal(seal.crc))\n"
        }
        for (base, segment) in segments.sorted(by: { $0.key < $1.key }) {
            let seal = segment.sealCRC.map { IntegrityRoot.hexadecimal($0) } ?? "-"
            text += "segment \(folder) \(base) \(segment.size) \(seal)\n"
        }
        bytes += Array(text.utf8)
    }

    /// - Returns: nil for anything but what `print` makes.
    init?(parsing text: ArraySlice<UInt8>) {
        var lines = TextLines(Array(text))
        guard let first = lines.next() else { return nil }
        let words = Self.words(first, of: lines)
        guard words.count == 4, words[0] == "log", let start = Self.offset(words[2]),
            let end = Self.offset(words[3]), start <= end
        else { return nil }
        self.init(start: start, end: end)
        while let line = lines.next() {
            guard take(Self.words(line, of: lines), of: words[1]) else { return nil }
        }
    }

    private static func words(_ line: Range<Int>, of lines: TextLines) -> [String] {
        lines.parts(of: line).map { String(decoding: lines.bytes[$0], as: UTF8.self) }
    }

    private mutating func take(_ words: [String], of folder: String) -> Bool {
        switch words.first {
        case "file":
            guard let (path, seal) = IntegrityRoot.fileLine(words), path.hasPrefix(folder + "/")
            else { return false }
            files[String(path.dropFirst(folder.count + 1))] = seal
            return true
        case "segment":
            guard words.count == 5, words[1] == folder, let base = Self.offset(words[2]),
                let size = Int64(words[3]), size >= 0
            else { return false }
            var line = IntegrityRoot.SegmentLine(size: size)
            if words[4] != "-" {
                guard let crc = UInt32(words[4], radix: 16) else { return false }
                line.sealCRC = crc
            }
            segments[base] = line
            return true
        default: return false
        }
    }

    private static func offset(_ word: String) -> Offset? {
        Int64(word).flatMap { Offset(exactly: $0) }
    }
}
