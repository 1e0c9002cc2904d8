/// Cuts the bytes of a text file into lines: each ends at LF, CR, or CR LF; the last may lack its
/// end. (The rule of Java's `BufferedReader.readLine`, by which Kafka reads these files.)
struct TextLines {
    let bytes: [UInt8]
    private var position = 0
    /// The number of the line that `next` gave last; 0 before the first.
    private(set) var number = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The place of the next line without its end; nil when there is none.
    mutating func next() -> Range<Int>? {
        guard position < bytes.count else { return nil }
        let start = position
        var end = start
        while end < bytes.count, bytes[end] != UInt8(ascii: "\n"),
            bytes[end] != UInt8(ascii: "\r")
        {
            end += 1
        }
        position = end + 1
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "\r"),
            bytes[end + 1] == UInt8(ascii: "\n")
        {
            position = end + 2
        }
        number += 1
        return start..<end
    }

    /// The parts of a line between runs of blanks. Blanks at its end say nothing; one at its
    /// start is an empty first part (the rule of Java's `split`).
    func parts(of line: Range<Int>) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var start = line.lowerBound
        var place = start
        while place < line.upperBound {
            guard isBlank(bytes[place]) else {
                place += 1
                continue
            }
            parts.append(start..<place)
            while place < line.upperBound, isBlank(bytes[place]) { place += 1 }
            start = place
        }
        if start < line.upperBound { parts.append(start..<line.upperBound) }
        return parts
    }

    func excerpt(_ range: Range<Int>) -> String { CheckpointDefect.excerpt(bytes[range]) }

    /// The number in `range`, which belongs to the line that `next` gave last.
    /// - Throws: when it is no decimal number, or lies outside 0 to the largest of its type.
    func number<Number: FixedWidthInteger & SignedInteger>(
        _ name: String, in range: Range<Int>, as type: Number.Type = Number.self
    ) throws(CheckpointDefect) -> Number {
        guard let value = Number(decimal: bytes[range]), value >= 0 else {
            throw CheckpointDefect(
                line: number,
                .field(name: name, found: excerpt(range), expected: "0 to \(Number.max)"))
        }
        return value
    }
}

/// Whether Java's `\s` takes the byte: space, tab, LF, VT, FF, CR.
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

extension FixedWidthInteger where Self: SignedInteger {
    /// A decimal number with an optional sign; nil for anything else and when it does not fit.
    init?(decimal digits: ArraySlice<UInt8>) {
        let isNegative = digits.first == UInt8(ascii: "-")
        let start = isNegative || digits.first == UInt8(ascii: "+") ? 1 : 0
        guard digits.count > start else { return nil }
        var value: Self = 0
        for digit in digits.dropFirst(start) {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            // Counted downwards, since the smallest number has no positive twin.
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, sumOverflow) = tenfold.subtractingReportingOverflow(
                Self(digit - UInt8(ascii: "0")))
            guard !overflow, !sumOverflow else { return nil }
            value = sum
        }
        guard !isNegative else {
            self = value
            return
        }
        guard value != .min else { return nil }
        self = -value
    }
}
