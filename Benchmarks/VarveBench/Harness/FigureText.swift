/// Numbers as people read them: three digits and a unit.
enum FigureText {
    /// `2.47 GB/s`, `51.2 k/s`, `130 us`. Prefixes are decimal.
    static func text(_ figure: Double, _ unit: Unit) -> String {
        switch unit {
        case .bytesPerSecond: scaled(figure, "B/s")
        case .bytes: scaled(figure, "B")
        case .operationsPerSecond: scaled(figure, "/s")
        case .seconds, .medianLatency: duration(figure * 1e9)
        case .processorShare: decimal(figure * 100, places: 3) + " % of one"
        }
    }

    /// A duration in nanoseconds.
    static func duration(_ nanoseconds: Double) -> String {
        switch nanoseconds {
        case ..<1000: digits(nanoseconds) + " ns"
        case ..<1e6: digits(nanoseconds / 1e3) + " us"
        case ..<1e9: digits(nanoseconds / 1e6) + " ms"
        default: digits(nanoseconds / 1e9) + " s"
        }
    }

    static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }

    /// Two places, or three for what would be nothing with two.
    static func ratio(_ ratio: Double) -> String { decimal(ratio, places: ratio < 0.0995 ? 3 : 2) }

    private static func scaled(_ figure: Double, _ unit: String) -> String {
        switch figure {
        case ..<1e3: digits(figure) + " " + unit
        case ..<1e6: digits(figure / 1e3) + " k" + unit
        case ..<1e9: digits(figure / 1e6) + " M" + unit
        default: digits(figure / 1e9) + " G" + unit
        }
    }

    /// Three digits or, from 1000 on, all before the point.
    private static func digits(_ number: Double) -> String {
        switch number {
        case ..<9.995: decimal(number, places: 2)
        case ..<99.95: decimal(number, places: 1)
        default: decimal(number, places: 0)
        }
    }

    private static func decimal(_ number: Double, places: Int) -> String {
        guard number.isFinite, number >= 0, number < 1e15 else { return "-" }
        let scale = [1, 10, 100, 1000][places]
        let whole = Int((number * Double(scale)).rounded())
        guard places > 0 else { return String(whole) }
        let fraction = String(whole % scale)
        let zeros = String(repeating: "0", count: places - fraction.count)
        return "\(whole / scale).\(zeros)\(fraction)"
    }
}
