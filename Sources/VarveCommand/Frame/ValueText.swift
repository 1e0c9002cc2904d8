internal import VarveTerms

/// Whole numbers as people write them: digits only, so neither `+5` nor `-0` is one.
enum WholeNumber {
    static func parse(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text)
    }

    /// Splits `64MiB` into 64 and `MiB`.
    static func parse(measure text: String) -> (count: Int, unit: Substring)? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard let count = parse(digits) else { return nil }
        return (count, text[digits.endIndex...])
    }
}

/// Sizes as text: `65536`, `64KiB`, `1MB`.
enum SizeText {
    private static let binary: [(unit: String, bytes: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]
    private static let decimal: [(unit: String, bytes: Int)] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
        ("KB", 1000), ("B", 1), ("", 1),
    ]

    static func parse(_ text: String) -> ByteCount? {
        guard let (count, unit) = WholeNumber.parse(measure: text),
            let scale = (binary + decimal).first(where: { $0.unit == unit })
        else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: scale.bytes)
        return overflow ? nil : ByteCount(bytes)
    }

    /// The size exactly, in the largest unit that divides it.
    static func show(_ size: ByteCount) -> String {
        guard size > .zero,
            let scale = binary.first(where: { size.bytes.isMultiple(of: $0.bytes) })
        else { return "\(size)" }
        return "\(size.bytes / scale.bytes)\(scale.unit)"
    }

    /// The size rounded to three figures, for people: `1.21 GB`.
    static func rounded(_ bytes: Double) -> String {
        guard let scale = decimal.prefix(4).first(where: { bytes >= Double($0.bytes) }) else {
            return "\(Int(bytes)) B"
        }
        return "\(figures(bytes / Double(scale.bytes))) \(scale.unit)"
    }

    /// Three figures: `1.21`, `12.1`, `121`.
    static func figures(_ value: Double) -> String {
        // Beyond this a number is shown whole; it also keeps the conversion from overflowing.
        guard value < 1e15 else { return "very many" }
        let places = value < 10 ? 100 : value < 100 ? 10 : 1
        let scaled = Int((value * Double(places)).rounded())
        guard places > 1 else { return "\(scaled)" }
        let fraction = "\(scaled % places)"
        let zeros = String(repeating: "0", count: (places == 100 ? 2 : 1) - fraction.count)
        return "\(scaled / places).\(zeros)\(fraction)"
    }
}

/// Durations as text: `500us`, `10ms`, `5s`, `2h`.
enum DurationText {
    private static let units: [(unit: String, nanoseconds: Int64)] = [
        ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1),
    ]

    /// Nil for what is no duration, and for none at all.
    @Sendable
    static func parse(_ text: String) -> Duration? {
        guard let (count, unit) = WholeNumber.parse(measure: text), count > 0,
            let scale = units.first(where: { $0.unit == unit })
        else { return nil }
        let (product, overflow) = Int64(count).multipliedReportingOverflow(by: scale.nanoseconds)
        return overflow ? nil : .nanoseconds(product)
    }

    /// The duration exactly, in the largest unit that divides it.
    @Sendable
    static func show(_ duration: Duration) -> String {
        let nanoseconds = nanoseconds(of: duration)
        let scale = units.first { nanoseconds.isMultiple(of: $0.nanoseconds) } ?? ("ns", 1)
        return "\(nanoseconds / scale.nanoseconds)\(scale.unit)"
    }

    /// Held at the ends of the range.
    static func nanoseconds(of duration: Duration) -> Int64 {
        Instant(nanoseconds: 0).advanced(by: duration).nanoseconds
    }

    static func seconds(of duration: Duration) -> Double {
        Double(nanoseconds(of: duration)) / 1e9
    }
}
