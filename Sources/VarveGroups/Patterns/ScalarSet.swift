/// A set of Unicode scalars, as expressions write it.
struct ScalarSet: Hashable {
    /// In no order; they may overlap.
    private var ranges: [ClosedRange<UInt32>]
    private var isNegated = false
    /// Whether letters of ASCII match in both cases.
    private var ignoresCase = false

    init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = ranges }

    init(_ scalar: UInt32) { ranges = [scalar...scalar] }

    func contains(_ scalar: UInt32) -> Bool {
        var isIn = ranges.contains { $0.contains(scalar) }
        if !isIn, ignoresCase, let other = Self.otherCase(of: scalar) {
            isIn = ranges.contains { $0.contains(other) }
        }
        return isIn != isNegated
    }

    private static func otherCase(of scalar: UInt32) -> UInt32? {
        switch scalar {
        case 0x41...0x5A: scalar + 0x20
        case 0x61...0x7A: scalar - 0x20
        default: nil
        }
    }

    var negated: ScalarSet {
        var other = self
        other.isNegated.toggle()
        return other
    }

    func ignoringCase(_ ignores: Bool) -> ScalarSet {
        var other = self
        other.ignoresCase = ignores
        return other
    }

    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }

    /// Adds another set; what is negated there is spelled out.
    mutating func insert(_ other: ScalarSet) {
        guard other.isNegated else {
            ranges += other.ranges
            return
        }
        var start: UInt32 = 0
        for range in other.ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start { ranges.append(start...(range.lowerBound - 1)) }
            start = max(start, range.upperBound + 1)
        }
        ranges.append(start...Self.last)
    }

    private static let last: UInt32 = 0x10_FFFF

    // MARK: Sets with names

    static let all = ScalarSet([0...last])
    /// What a dot matches.
    static let allButNewline = ScalarSet(0x0A).negated
    static let digit = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let space = ScalarSet([0x09...0x0A, 0x0C...0x0D, 0x20...0x20])

    /// `[[:name:]]`; nil when there is no such class.
    static func named(_ name: String) -> ScalarSet? {
        switch name {
        case "alnum": ScalarSet([0x30...0x39, 0x41...0x5A, 0x61...0x7A])
        case "alpha": ScalarSet([0x41...0x5A, 0x61...0x7A])
        case "ascii": ScalarSet([0x00...0x7F])
        case "blank": ScalarSet([0x09...0x09, 0x20...0x20])
        case "cntrl": ScalarSet([0x00...0x1F, 0x7F...0x7F])
        case "digit": digit
        case "graph": ScalarSet([0x21...0x7E])
        case "lower": ScalarSet([0x61...0x7A])
        case "print": ScalarSet([0x20...0x7E])
        case "punct": ScalarSet([0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E])
        case "space": ScalarSet([0x09...0x0D, 0x20...0x20])
        case "upper": ScalarSet([0x41...0x5A])
        case "word": word
        case "xdigit": ScalarSet([0x30...0x39, 0x41...0x46, 0x61...0x66])
        default: nil
        }
    }
}
