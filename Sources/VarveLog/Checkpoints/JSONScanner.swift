/// Finds one number in a JSON object and steps over everything else (RFC 8259).
///
/// Enough for the one-line objects in a data directory: it builds no tree and takes no memory.
/// Letters that a string writes as `\u0041` are not undone, so a key written so is not found.
struct JSONScanner {
    /// Objects and arrays inside each other beyond this are refused, which bounds the stack.
    static let depthMax = 32

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The integer that stands under `key` in the object that the bytes begin with, the last one
    /// if there are several; nil when they are no object, or when it is absent or no integer of
    /// 64 bits. What follows the object is not looked at.
    mutating func integer(of key: String) -> Int64? {
        position = 0
        var found: Int64?
        guard take(UInt8(ascii: "{")) else { return nil }
        if take(UInt8(ascii: "}")) { return nil }
        while true {
            guard let name = string(), take(UInt8(ascii: ":")) else { return nil }
            skipSpace()
            let start = position
            guard skipValue(depth: 1) else { return nil }
            if bytes[name].elementsEqual(key.utf8) {
                found = Int64(decimal: bytes[start..<position])
            }
            if take(UInt8(ascii: "}")) { return found }
            guard take(UInt8(ascii: ",")) else { return nil }
        }
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let next, next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D {
            position += 1
        }
    }

    /// Steps over spaces and then over `letter`, if it stands there.
    private mutating func take(_ letter: UInt8) -> Bool {
        skipSpace()
        guard next == letter else { return false }
        position += 1
        return true
    }

    /// The place of what stands between quotes.
    private mutating func string() -> Range<Int>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while let letter = next, letter >= 0x20 {
            if letter == UInt8(ascii: "\"") {
                position += 1
                return start..<(position - 1)
            }
            position += letter == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    private mutating func skipValue(depth: Int) -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "{"): return skipMembers(until: UInt8(ascii: "}"), depth: depth)
        case UInt8(ascii: "["): return skipMembers(until: UInt8(ascii: "]"), depth: depth)
        default: return skipWord()
        }
    }

    private mutating func skipMembers(until end: UInt8, depth: Int) -> Bool {
        guard depth < Self.depthMax else { return false }
        position += 1
        if take(end) { return true }
        while true {
            if end == UInt8(ascii: "}") {
                guard string() != nil, take(UInt8(ascii: ":")) else { return false }
            }
            guard skipValue(depth: depth + 1) else { return false }
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
    }

    /// Steps over a number, `true`, `false` or `null`.
    private mutating func skipWord() -> Bool {
        let start = position
        while let letter = next {
            switch letter {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "E"):
                position += 1
            default: return position > start
            }
        }
        return position > start
    }
}
