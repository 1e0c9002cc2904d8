internal import VarveBytes
internal import VarveTerms

/// What a clean close says of everything in a data directory: the text of `varve.integrity`.
///
/// *Law*: parsing what was printed gives an equal value.
/// *Source*: docs/formats/integrity.md.
struct IntegrityRoot: WholeFileContent {
    static let fileName = "varve.integrity"
    static let copyName = "varve.integrity.copy"
    static let fileNames = [fileName, copyName]

    /// Room for a few million segments.
    static let sizeMax = ByteCount.mib(512)

    /// Grows with each close.
    var sequence: Int64
    /// What the clean-shutdown marker holds.
    var marker: [UInt8]
    /// Small files of the directory itself, by name.
    var files: [String: FileSeal] = [:]
    /// Logs by the name of their folder.
    var logs: [String: LogLine] = [:]

    /// What is said of one log.
    struct LogLine: Hashable, Sendable {
        var start: Offset
        var end: Offset
        var segments: [Offset: SegmentLine] = [:]
        /// Small files of the log, by name.
        var files: [String: FileSeal] = [:]
    }

    struct SegmentLine: Hashable, Sendable {
        var size: Int64
        /// The checksum of the sidecar's seal; nil when it has none.
        var sealCRC: UInt32?
    }

    init(sequence: Int64, marker: [UInt8]) {
        self.sequence = sequence
        self.marker = marker
    }

    // MARK: Printing

    func printed() -> [UInt8] {
        var text = "varve.integrity 1\nsequence \(sequence)\nmarker \(Self.hexadecimal(marker))\n"
        for (name, seal) in files.sorted(by: { $0.key < $1.key }) {
            text += "file \(name) \(seal.size) \(Self.hexadecimal(seal.crc))\n"
        }
        for (folder, log) in logs.sorted(by: { $0.key < $1.key }) {
            text += "log \(folder) \(log.start) \(log.end)\n"
            for (name, seal) in log.files.sorted(by: { $0.key < $1.key }) {
                text += "file \(folder)/\(name) \(seal.size) \(Self.hexadecimal(seal.crc))\n"
            }
            for (base, segment) in log.segments.sorted(by: { $0.key < $1.key }) {
                let seal = segment.sealCRC.map { Self.hexadecimal($0) } ?? "-"
                text += "segment \(folder) \(base) \(segment.size) \(seal)\n"
            }
        }
        let body = Array(text.utf8)
        return body + Array("end \(Self.hexadecimal(CRC32C.checksum(body.rawSpan)))\n".utf8)
    }

    private static func hexadecimal(_ crc: UInt32) -> String {
        let digits = String(crc, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "-" }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Parsing

    /// - Throws: a defect for anything but what `printed` makes, byte for byte.
    init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        self.init(sequence: 0, marker: [])
        var lines = TextLines(bytes)
        var isEnded = false
        while !isEnded, let line = lines.next() {
            let words = lines.parts(of: line).map { String(decoding: bytes[$0], as: UTF8.self) }
            let isKnown: Bool
            switch (words.first, lines.number) {
            case ("varve.integrity", 1): isKnown = words == ["varve.integrity", "1"]
            case ("sequence", 2): isKnown = take(sequence: words)
            case ("marker", 3): isKnown = take(marker: words)
            case ("file", _): isKnown = take(file: words)
            case ("log", _): isKnown = take(log: words)
            case ("segment", _): isKnown = take(segment: words)
            case ("end", _):
                isEnded = true
                isKnown = true
            default: isKnown = false
            }
            guard isKnown else { throw Self.defect(lines, line) }
        }
        // Whatever parses to this content is this content, so that no flipped bit is passed over.
        guard isEnded, printed() == bytes else {
            throw CheckpointDefect(line: lines.number, .missing(name: "the checksum of the lines"))
        }
    }

    private static func defect(_ lines: TextLines, _ line: Range<Int>) -> CheckpointDefect {
        CheckpointDefect(
            line: lines.number,
            .shape(found: lines.excerpt(line), expected: "a line of varve.integrity"))
    }

    private mutating func take(sequence words: [String]) -> Bool {
        guard words.count == 2, let number = Int64(words[1]), number >= 0 else { return false }
        sequence = number
        return true
    }

    private mutating func take(marker words: [String]) -> Bool {
        guard words.count == 2 else { return false }
        if words[1] == "-" { return true }
        let digits = Array(words[1].utf8)
        guard digits.count % 2 == 0, digits.count <= 2 * 4096 else { return false }
        for place in stride(from: 0, to: digits.count, by: 2) {
            let pair = String(decoding: digits[place..<place + 2], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return false }
            marker.append(byte)
        }
        return true
    }

    private mutating func take(file words: [String]) -> Bool {
        guard words.count == 4, let size = Int(words[2]), size >= 0,
            let crc = UInt32(words[3], radix: 16)
        else { return false }
        let path = words[1].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let seal = FileSeal(size: size, crc: crc)
        switch path.count {
        case 1: files[path[0]] = seal
        case 2 where logs[path[0]] != nil: logs[path[0]]?.files[path[1]] = seal
        default: return false
        }
        return true
    }

    private mutating func take(log words: [String]) -> Bool {
        guard words.count == 4, let start = Self.offset(words[2]), let end = Self.offset(words[3]),
            start <= end
        else { return false }
        logs[words[1]] = LogLine(start: start, end: end)
        return true
    }

    private mutating func take(segment words: [String]) -> Bool {
        guard words.count == 5, logs[words[1]] != nil, let base = Self.offset(words[2]),
            let size = Int64(words[3]), size >= 0
        else { return false }
        var line = SegmentLine(size: size)
        if words[4] != "-" {
            guard let crc = UInt32(words[4], radix: 16) else { return false }
            line.sealCRC = crc
        }
        logs[words[1]]?.segments[base] = line
        return true
    }

    private static func offset(_ word: String) -> Offset? {
        Int64(word).flatMap { Offset(exactly: $0) }
    }
}
