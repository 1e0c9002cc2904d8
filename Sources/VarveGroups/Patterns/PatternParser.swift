/// Reads expressions in RE2's syntax.
struct PatternParser {
    private let scalars: [UInt32]
    private var position = 0
    private var depth = 0
    private var flags = Flags()

    /// How deep groups may nest: the parser calls itself.
    static let depthMax = 100
    /// How often something may be repeated by a count, as in RE2.
    static let countMax = 1000

    private struct Flags {
        var ignoresCase = false
        var dotMatchesNewline = false
    }

    init(_ text: String) { scalars = text.unicodeScalars.map(\.value) }

    mutating func parse() throws(PatternError) -> PatternNode {
        let node = try choice()
        if position < scalars.count { throw .unexpectedParenthesis }
        return node
    }

    // MARK: Characters

    private var next: Unicode.Scalar? {
        position < scalars.count ? Unicode.Scalar(scalars[position]) : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = text.unicodeScalars.map(\.value)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    // MARK: Structure

    private mutating func choice() throws(PatternError) -> PatternNode {
        var branches = [try sequence()]
        while take("|" as Unicode.Scalar) { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(PatternError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            if take("\\Q") {
                nodes += quoted()
            } else if let node = try atom() {
                nodes.append(try repeated(node))
            }
        }
        return .sequence(nodes)
    }

    /// `\Q…\E`: all of it stands for itself.
    private mutating func quoted() -> [PatternNode] {
        var nodes: [PatternNode] = []
        while position < scalars.count, !take("\\E") {
            nodes.append(literal(scalars[position]))
            position += 1
        }
        return nodes
    }

    private func literal(_ scalar: UInt32) -> PatternNode {
        .scalars(ScalarSet(scalar).ignoringCase(flags.ignoresCase))
    }

    /// - Returns: nil for a group that only sets flags.
    private mutating func atom() throws(PatternError) -> PatternNode? {
        guard let scalar = next else { return nil }
        switch scalar {
        case "(": return try group()
        case "[": return .scalars(try bracket())
        case "\\": return try escape()
        case "*", "+", "?": throw .missingRepetitionArgument
        default: break
        }
        position += 1
        switch scalar {
        case ".": return .scalars(flags.dotMatchesNewline ? .all : .allButNewline)
        case "^": return .assertion(.start)
        case "$": return .assertion(.end)
        default: return literal(scalar.value)
        }
    }

    private mutating func group() throws(PatternError) -> PatternNode? {
        position += 1
        let outer = flags
        if take("?" as Unicode.Scalar) {
            if take("P<") || take("<") {
                try groupName()
            } else {
                try groupFlags()
                // `(?i)`: for the rest of the group around it.
                if take(")" as Unicode.Scalar) { return nil }
                guard take(":" as Unicode.Scalar) else { throw .perlSyntax }
            }
        }
        depth += 1
        guard depth <= Self.depthMax else { throw .tooDeep }
        let node = try choice()
        depth -= 1
        guard take(")" as Unicode.Scalar) else { throw .missingParenthesis }
        flags = outer
        return node
    }

    private mutating func groupName() throws(PatternError) {
        let start = position
        while let scalar = next, ScalarSet.word.contains(scalar.value) { position += 1 }
        guard position > start, take(">" as Unicode.Scalar) else { throw .perlSyntax }
    }

    private mutating func groupFlags() throws(PatternError) {
        var isOn = true
        while let scalar = next, scalar != ")", scalar != ":" {
            switch scalar {
            case "i": flags.ignoresCase = isOn
            case "s": flags.dotMatchesNewline = isOn
            // Names have no lines, and a whole match is the same in whatever order it is found.
            case "m", "U": break
            case "-" where isOn: isOn = false
            default: throw .perlSyntax
            }
            position += 1
        }
    }

    // MARK: Repetition

    private mutating func repeated(_ node: PatternNode) throws(PatternError) -> PatternNode {
        guard let (least, most) = try count() else { return node }
        // Lazy or not, a whole match is the same.
        _ = take("?" as Unicode.Scalar)
        if try count() != nil { throw .nestedRepetition }
        return .repetition(node, least: least, most: most)
    }

    private mutating func count() throws(PatternError) -> (least: Int, most: Int?)? {
        if take("*" as Unicode.Scalar) { return (0, nil) }
        if take("+" as Unicode.Scalar) { return (1, nil) }
        if take("?" as Unicode.Scalar) { return (0, 1) }
        let start = position
        guard take("{" as Unicode.Scalar), let bounds = braces() else {
            // A brace that is no count stands for itself.
            position = start
            return nil
        }
        guard bounds.least <= Self.countMax, bounds.most ?? 0 <= Self.countMax,
            bounds.most.map({ $0 >= bounds.least }) ?? true
        else { throw .repetitionSize }
        return bounds
    }

    private mutating func braces() -> (least: Int, most: Int?)? {
        guard let least = number() else { return nil }
        if take("}" as Unicode.Scalar) { return (least, least) }
        guard take("," as Unicode.Scalar) else { return nil }
        if take("}" as Unicode.Scalar) { return (least, nil) }
        guard let most = number(), take("}" as Unicode.Scalar) else { return nil }
        return (least, most)
    }

    private mutating func number() -> Int? {
        var number: Int?
        while let scalar = next, ScalarSet.digit.contains(scalar.value) {
            number = min((number ?? 0) * 10 + Int(scalar.value - 0x30), 1_000_000)
            position += 1
        }
        return number
    }

    // MARK: Escapes

    private mutating func escape() throws(PatternError) -> PatternNode {
        position += 1
        guard let scalar = next else { throw .trailingBackslash }
        switch scalar {
        case "A", "z", "b", "B":
            position += 1
            let assertions: [Unicode.Scalar: TopicPattern.Assertion] = [
                "A": .start, "z": .end, "b": .wordBoundary, "B": .noWordBoundary,
            ]
            return .assertion(assertions[scalar] ?? .start)
        default: break
        }
        if let set = escapedSet() { return .scalars(set) }
        return literal(try escapedScalar())
    }

    /// `\d` and its like.
    private mutating func escapedSet() -> ScalarSet? {
        let set: ScalarSet
        switch next {
        case "d": set = .digit
        case "D": set = .digit.negated
        case "w": set = .word
        case "W": set = .word.negated
        case "s": set = .space
        case "S": set = .space.negated
        default: return nil
        }
        position += 1
        return set
    }

    /// What stands behind a backslash and means one character.
    private mutating func escapedScalar() throws(PatternError) -> UInt32 {
        guard let scalar = next else { throw .trailingBackslash }
        position += 1
        switch scalar {
        case "a": return 0x07
        case "f": return 0x0C
        case "t": return 0x09
        case "n": return 0x0A
        case "r": return 0x0D
        case "v": return 0x0B
        case "x": return try hexadecimal()
        case "p", "P", "C": throw .unsupportedEscape
        default: break
        }
        let isPunctuation = scalar.isASCII && !ScalarSet.word.contains(scalar.value)
        guard isPunctuation || scalar == "_" else { throw .escape }
        return scalar.value
    }

    private mutating func hexadecimal() throws(PatternError) -> UInt32 {
        let isLong = take("{" as Unicode.Scalar)
        var value: UInt32 = 0
        var count = 0
        while count < (isLong ? 6 : 2), let scalar = next,
            let digit = Character(scalar).hexDigitValue
        {
            value = value << 4 | UInt32(digit)
            position += 1
            count += 1
        }
        guard count > 0, isLong ? take("}" as Unicode.Scalar) : count == 2,
            Unicode.Scalar(value) != nil
        else { throw .escape }
        return value
    }

    // MARK: Brackets

    private mutating func bracket() throws(PatternError) -> ScalarSet {
        position += 1
        let isNegated = take("^" as Unicode.Scalar)
        var set = ScalarSet([])
        var isFirst = true
        while isFirst || next != "]" {
            guard let scalar = next else { throw .missingBracket }
            isFirst = false
            if take("[:") {
                set.insert(try namedSet())
            } else if scalar == "\\" {
                position += 1
                if let escaped = escapedSet() {
                    set.insert(escaped)
                } else {
                    set.insert(try range(from: try escapedScalar()))
                }
            } else {
                position += 1
                set.insert(try range(from: scalar.value))
            }
        }
        position += 1
        let folded = set.ignoringCase(flags.ignoresCase)
        return isNegated ? folded.negated : folded
    }

    private mutating func range(from low: UInt32) throws(PatternError) -> ClosedRange<UInt32> {
        // A minus before the end of the brackets stands for itself.
        guard next == "-", position + 1 < scalars.count, scalars[position + 1] != 0x5D else {
            return low...low
        }
        position += 1
        var high = scalars[position]
        if take("\\" as Unicode.Scalar) { high = try escapedScalar() } else { position += 1 }
        guard low <= high else { throw .classRange }
        return low...high
    }

    private mutating func namedSet() throws(PatternError) -> ScalarSet {
        let isNegated = take("^" as Unicode.Scalar)
        var name = ""
        while let scalar = next, scalar != ":" {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard take(":]"), let set = ScalarSet.named(name) else { throw .classRange }
        return isNegated ? set.negated : set
    }
}
