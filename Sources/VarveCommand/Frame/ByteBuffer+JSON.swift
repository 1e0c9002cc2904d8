internal import VarveBytes

/// JSON straight into a buffer, for records.
extension ByteBuffer {
    /// Appends a string with its quotes.
    mutating func appendJSON(text: String) {
        // The bytes of a Swift string are UTF-8.
        let bytes = Array(text.utf8)
        _ = appendJSON(utf8: bytes.rawSpan)
    }

    /// Appends a member for bytes that are most often text: `"value":"text"`, or in base64 (RFC
    /// 4648 §4) `"valueBase64":"/w=="` when they are not UTF-8, or `"value":null`.
    mutating func appendJSON(_ name: StaticString, bytes: RawSpan?) {
        let start = count
        appendJSON(name)
        guard let bytes else { return append("null") }
        if appendJSON(utf8: bytes) { return }
        truncate(to: start)
        append(UInt8(ascii: "\""))
        append(static: name)
        append("Base64\":\"")
        appendBase64(bytes)
        append(UInt8(ascii: "\""))
    }

    /// Appends the name of a member: `"name":`.
    mutating func appendJSON(_ name: StaticString) {
        append(UInt8(ascii: "\""))
        append(static: name)
        append("\":")
    }

    private mutating func append(static text: StaticString) { append("\(text)") }

    /// Appends a number in decimal without making a string.
    mutating func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        let digits = Self.digitCount(rest)
        append(reserving: digits) { spare in
            for place in stride(from: digits - 1, through: 0, by: -1) {
                spare.storeBytes(
                    of: UInt8(truncatingIfNeeded: 0x30 + rest % 10), toByteOffset: place,
                    as: UInt8.self)
                rest /= 10
            }
            return digits
        }
    }

    private static func digitCount(_ number: UInt64) -> Int {
        var (count, limit): (Int, UInt64) = (1, 10)
        while number >= limit {
            count += 1
            let (next, overflow) = limit.multipliedReportingOverflow(by: 10)
            if overflow { break }
            limit = next
        }
        return count
    }

    /// Appends UTF-8 as a string with its quotes.
    /// - Returns: false when the bytes are not UTF-8; what was appended until then stays.
    private mutating func appendJSON(utf8 bytes: RawSpan) -> Bool {
        append(UInt8(ascii: "\""))
        var start = 0
        var place = 0
        while place < bytes.byteCount {
            let byte = bytes.uint8(at: place)
            switch byte {
            case 0x22, 0x5C, 0..<0x20:
                append(bytes.extracting(start..<place))
                appendEscape(byte)
                place += 1
                start = place
            case ..<0x80: place += 1
            default:
                guard let size = Self.sequenceSize(bytes, at: place) else { return false }
                place += size
            }
        }
        append(bytes.extracting(start..<bytes.byteCount))
        append(UInt8(ascii: "\""))
        return true
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case 0x22, 0x5C: append(byte)
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        default:
            append("u00")
            append(Self.hexDigit(byte >> 4))
            append(Self.hexDigit(byte & 15))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 + value : 0x57 + value
    }

    /// Bytes of the well-formed sequence of two to four bytes at `place` (Unicode 15, table 3-7);
    /// nil for anything else: overlong forms, surrogates, numbers past U+10FFFF, cut sequences.
    private static func sequenceSize(_ bytes: RawSpan, at place: Int) -> Int? {
        let size: Int
        let second: ClosedRange<UInt8>
        switch bytes.uint8(at: place) {
        case 0xC2...0xDF: (size, second) = (2, 0x80...0xBF)
        case 0xE0: (size, second) = (3, 0xA0...0xBF)
        case 0xED: (size, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (size, second) = (3, 0x80...0xBF)
        case 0xF0: (size, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (size, second) = (4, 0x80...0xBF)
        case 0xF4: (size, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard place + size <= bytes.byteCount, second.contains(bytes.uint8(at: place + 1)) else {
            return nil
        }
        for next in 2..<max(size, 2) where bytes.uint8(at: place + next) & 0xC0 != 0x80 {
            return nil
        }
        return size
    }

    /// Appends base64 with padding (RFC 4648 §4).
    mutating func appendBase64(_ bytes: RawSpan) {
        for start in stride(from: 0, to: bytes.byteCount, by: 3) {
            let size = min(3, bytes.byteCount - start)
            var group: UInt32 = 0
            for place in 0..<3 {
                group = group << 8 | (place < size ? UInt32(bytes.uint8(at: start + place)) : 0)
            }
            for place in 0..<4 {
                let value = UInt8(truncatingIfNeeded: group >> UInt32(18 - 6 * place)) & 63
                append(place <= size ? Self.base64Digit(value) : UInt8(ascii: "="))
            }
        }
    }

    private static func base64Digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
