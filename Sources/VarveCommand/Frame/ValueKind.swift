internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// A kind of value that an option takes: how it is read, shown, and described.
struct ValueKind<Value: Sendable>: Sendable {
    /// What stands for the value in a help text: `SIZE`.
    let placeholder: String
    /// What is allowed, after "takes": `a size such as 65536, 64KiB or 1MiB`.
    let allowed: String
    /// The value; nil when the text is none.
    let parse: @Sendable (String) -> Value?
    /// The text that `parse` reads back.
    let show: @Sendable (Value) -> String
}

extension ValueKind<String> {
    static func text(_ placeholder: String, allowed: String = "a text") -> Self {
        Self(placeholder: placeholder, allowed: allowed, parse: { $0 }, show: { $0 })
    }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
    /// One of the names of an enumeration.
    static func choice(_ placeholder: String) -> Self {
        Self(
            placeholder: placeholder,
            allowed: "one of " + Value.allCases.map(\.rawValue).joined(separator: ", "),
            parse: { Value(rawValue: $0) }, show: { $0.rawValue })
    }
}

extension ValueKind<Int> {
    static func count(_ range: ClosedRange<Int> = 0...Int.max) -> Self {
        let bounds =
            range.upperBound == .max
            ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
        return Self(
            placeholder: "N", allowed: "a whole number, \(bounds)",
            parse: { text in WholeNumber.parse(text).flatMap { range.contains($0) ? $0 : nil } },
            show: { "\($0)" })
    }
}

extension ValueKind<UInt64> {
    /// A seed, decimal or with `0x`.
    static var seed: Self {
        Self(
            placeholder: "SEED", allowed: "a whole number, decimal or as in 0x5eed",
            parse: { text in
                text.hasPrefix("0x") ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text)
            }, show: { "\($0)" })
    }
}

extension ValueKind<ByteCount> {
    static func size(_ range: ClosedRange<ByteCount>? = nil) -> Self {
        let bounds = range.map {
            ", \(SizeText.show($0.lowerBound)) to \(SizeText.show($0.upperBound))"
        }
        return Self(
            placeholder: "SIZE", allowed: "a size such as 65536, 64KiB or 1MiB" + (bounds ?? ""),
            parse: { text in
                SizeText.parse(text).flatMap { range?.contains($0) ?? true ? $0 : nil }
            }, show: SizeText.show)
    }
}

extension ValueKind<Duration> {
    static var duration: Self {
        Self(
            placeholder: "DURATION", allowed: "a duration above zero such as 500us, 10ms, 5s or 2h",
            parse: DurationText.parse, show: DurationText.show)
    }
}

extension ValueKind<Offset> {
    static var offset: Self {
        Self(
            placeholder: "OFFSET", allowed: "an offset: a whole number, at least 0",
            parse: { text in
                WholeNumber.parse(text).flatMap { Offset(exactly: Int64($0)) }
            }, show: { "\($0)" })
    }
}

extension ValueKind<Timestamp> {
    static var time: Self {
        Self(
            placeholder: "TIME",
            allowed: "a time: milliseconds since 1970, or as in 2026-01-31T18:30:00Z",
            parse: { text in
                WholeNumber.parse(text).map { Timestamp(milliseconds: Int64($0)) }
                    ?? TimeText.parse(text)
            }, show: TimeText.show)
    }
}

extension ValueKind<Compression> {
    static var compression: Self {
        let names = Codec.allCases.map(\.name).joined(separator: ", ")
        return Self(
            placeholder: "CODEC[:LEVEL]",
            allowed: "one of \(names), with a level where the codec has levels, as in zstd:3",
            parse: { try? Compression(parsing: $0) }, show: { "\($0)" })
    }
}

extension ValueKind<LogName> {
    static var logName: Self {
        Self(
            placeholder: "NAME", allowed: "the name of a log's folder, such as log-0 or orders-3",
            parse: { text in
                LogName(folder: text).flatMap {
                    TopicName.complaint(about: $0.topic) == nil ? $0 : nil
                }
            }, show: { "\($0)" })
    }
}

extension ValueKind<FlushPolicy> {
    static var flushPolicy: Self {
        Self(
            placeholder: "POLICY",
            allowed: "one of durable, interval:DURATION as in interval:1s, page-cache",
            parse: { text in
                switch text {
                case "durable": return .durable
                case "page-cache": return .pageCache
                default:
                    guard text.hasPrefix("interval:") else { return nil }
                    return DurationText.parse(String(text.dropFirst(9))).map { .interval($0) }
                }
            },
            show: { policy in
                switch policy {
                case .durable: "durable"
                case .interval(let interval): "interval:" + DurationText.show(interval)
                case .pageCache: "page-cache"
                }
            })
    }
}
