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
    /// The names that the two have while somebody has the directory open.
    static let leftNames = ["varve.left", "varve.left.copy"]

    /// Room for a few million segments.
    static let sizeMax = ByteCount.mib(512)

    /// Grows with each close.
    var sequence: Int64
    /// What the clean-shutdown marker holds.
    var marker: [UInt8]
    /// Small files of the directory itself, by name.
    var files: [String: FileSeal] = [:]
    /// Logs by the name of their folder.
    var logs = LogLines()

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
        var bytes = Array(text.utf8)
        logs.write(into: &bytes)
        return bytes + Self.end(of: bytes.rawSpan)
    }

    /// The last line of a file that begins with `body`.
    private static func end(of body: RawSpan) -> [UInt8] {
        Array("end \(hexadecimal(CRC32C.checksum(body)))\n".utf8)
    }

    static func hexadecimal(_ crc: UInt32) -> String {
        let digits = String(crc, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "-" }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // MARK: Parsing

    /// - Throws: a defect when the checksum does not hold, or the lines before those of the logs
    ///   are not as `printed` makes them.
    init(parsing bytes: [UInt8]) throws(CheckpointDefect) {
        self.init(sequence: 0, marker: [])
        let size = bytes.count - Self.endSize
        guard size > 0, Self.isEnd(bytes[size...], of: bytes.rawSpan.extracting(0..<size)) else {
            throw CheckpointDefect(line: 1, .missing(name: "the checksum of the lines"))
        }
        var lines = TextLines(bytes)
        var place = 0
        while let line = lines.next(), line.lowerBound < size,
            bytes[line.lowerBound] != Self.logMark
        {
            let words = lines.parts(of: line).map { String(decoding: bytes[$0], as: UTF8.self) }
            guard take(words, lines.number) else {
                throw CheckpointDefect(
                    line: lines.number,
                    .shape(found: lines.excerpt(line), expected: "a line of varve.integrity"))
            }
            place = line.upperBound + 1
        }
        guard lines.number > 3, place <= size, let logs = LogLines(Array(bytes[place..<size]))
        else {
            throw CheckpointDefect(line: lines.number, .missing(name: "the lines of the logs"))
        }
        self.logs = logs
    }

    /// What the first line of a log begins with.
    private static let logMark = UInt8(ascii: "l")
    /// `end`, a blank, eight digits, and the end of the line.
    private static let endSize = 13

    private static func isEnd(_ found: ArraySlice<UInt8>, of body: RawSpan) -> Bool {
        found.elementsEqual(end(of: body))
    }

    private mutating func take(_ words: [String], _ number: Int) -> Bool {
        switch (words.first, number) {
        case ("varve.integrity", 1): return words == ["varve.integrity", "1"]
        case ("sequence", 2): return take(sequence: words)
        case ("marker", 3): return take(marker: words)
        case ("file", 4...):
            guard let (path, seal) = Self.fileLine(words), !path.contains("/") else { return false }
            files[path] = seal
            return true
        default: return false
        }
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

    /// What a line says that names a file.
    static func fileLine(_ words: [String]) -> (path: String, seal: FileSeal)? {
        guard words.count == 4, let size = Int(words[2]), size >= 0,
            let crc = UInt32(words[3], radix: 16)
        else { return nil }
        return (words[1], FileSeal(size: size, crc: crc))
    }
}
