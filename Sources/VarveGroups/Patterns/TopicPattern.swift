/// A regular expression over whole names of topics, in RE2's syntax without classes of Unicode
/// (`\p`) and single bytes (`\C`).
///
/// It runs all alternatives side by side (Thompson's construction), so that no expression takes
/// more than its size times the name's: a client's expression cannot stop the broker.
///
/// *Source*: RE2's syntax page; KIP-848.
struct TopicPattern {
    /// What to do at a place of the program.
    enum Instruction {
        case scalar(ScalarSet)
        case assert(Assertion)
        case jump(Int)
        case split(Int, Int)
        case match
    }

    /// What must hold between two characters.
    enum Assertion {
        case start, end, wordBoundary, noWordBoundary
    }

    private let program: [Instruction]

    /// How large a program may be: 100 times what people write for topics.
    static let instructionCountMax = 2000

    init(_ text: String) throws(PatternError) {
        var parser = PatternParser(text)
        var compiler = PatternCompiler()
        try compiler.append(try parser.parse())
        compiler.program.append(.match)
        program = compiler.program
    }

    /// Whether the whole of a name matches.
    /// - Complexity: O(characters × instructions)
    func matches(_ name: String) -> Bool {
        let scalars = name.unicodeScalars.map(\.value)
        var current = PlaceSet(count: program.count)
        var next = PlaceSet(count: program.count)
        follow(0, at: 0, of: scalars, into: &current)
        for (position, scalar) in scalars.enumerated() {
            guard !current.places.isEmpty else { return false }
            next.removeAll()
            for place in current.places {
                guard case .scalar(let set) = program[place], set.contains(scalar) else { continue }
                follow(place + 1, at: position + 1, of: scalars, into: &next)
            }
            swap(&current, &next)
        }
        return current.places.contains { place in
            if case .match = program[place] { true } else { false }
        }
    }

    /// Adds what can be reached without a character.
    private func follow(
        _ start: Int, at position: Int, of scalars: [UInt32], into set: inout PlaceSet
    ) {
        var todo = [start]
        while let place = todo.popLast() {
            guard set.insert(place) else { continue }
            switch program[place] {
            case .jump(let target): todo.append(target)
            case .split(let first, let second): todo += [second, first]
            case .assert(let assertion):
                if holds(assertion, at: position, of: scalars) { todo.append(place + 1) }
            case .scalar, .match: break
            }
        }
    }

    private func holds(_ assertion: Assertion, at position: Int, of scalars: [UInt32]) -> Bool {
        let isAfterWord = position > 0 && ScalarSet.word.contains(scalars[position - 1])
        let isBeforeWord = position < scalars.count && ScalarSet.word.contains(scalars[position])
        return switch assertion {
        case .start: position == 0
        case .end: position == scalars.count
        case .wordBoundary: isAfterWord != isBeforeWord
        case .noWordBoundary: isAfterWord == isBeforeWord
        }
    }
}

/// Places of a program, each once.
private struct PlaceSet {
    private(set) var places: [Int] = []
    private var isIn: [Bool]

    init(count: Int) { isIn = [Bool](repeating: false, count: count) }

    mutating func insert(_ place: Int) -> Bool {
        guard !isIn[place] else { return false }
        isIn[place] = true
        places.append(place)
        return true
    }

    mutating func removeAll() {
        for place in places { isIn[place] = false }
        places.removeAll(keepingCapacity: true)
    }
}

/// Makes programs of trees.
private struct PatternCompiler {
    var program: [TopicPattern.Instruction] = []

    mutating func append(_ node: PatternNode) throws(PatternError) {
        guard program.count < TopicPattern.instructionCountMax else { throw .tooLarge }
        switch node {
        case .scalars(let set): program.append(.scalar(set))
        case .assertion(let assertion): program.append(.assert(assertion))
        case .sequence(let nodes): for node in nodes { try append(node) }
        case .choice(let nodes): try appendChoice(nodes[...])
        case .repetition(let node, let least, let most):
            for _ in 0..<least { try append(node) }
            if let most {
                try appendOptional(node, count: most - least)
            } else {
                let start = program.count
                program.append(.match)
                try append(node)
                program.append(.jump(start))
                program[start] = .split(start + 1, program.count)
            }
        }
    }

    private mutating func appendChoice(_ nodes: ArraySlice<PatternNode>) throws(PatternError) {
        var ends: [Int] = []
        for node in nodes.dropLast() {
            let split = program.count
            program.append(.match)
            try append(node)
            ends.append(program.count)
            program.append(.match)
            program[split] = .split(split + 1, program.count)
        }
        if let last = nodes.last { try append(last) }
        for end in ends { program[end] = .jump(program.count) }
    }

    /// At most so many more: each of them may be the last.
    private mutating func appendOptional(
        _ node: PatternNode, count: Int
    ) throws(PatternError) {
        var splits: [Int] = []
        for _ in 0..<count {
            splits.append(program.count)
            program.append(.match)
            try append(node)
        }
        for split in splits { program[split] = .split(split + 1, program.count) }
    }
}

/// What an expression says.
indirect enum PatternNode {
    case scalars(ScalarSet)
    case assertion(TopicPattern.Assertion)
    case sequence([PatternNode])
    case choice([PatternNode])
    /// So many times at least; nil: without end.
    case repetition(PatternNode, least: Int, most: Int?)
}

/// Why a text is no expression; the words are RE2's where it has some.
enum PatternError: Error, Hashable, CustomStringConvertible {
    case missingBracket, missingParenthesis, unexpectedParenthesis
    case missingRepetitionArgument, nestedRepetition, repetitionSize
    case escape, trailingBackslash, classRange, perlSyntax
    /// Not RE2's: classes of Unicode and single bytes.
    case unsupportedEscape
    /// Not RE2's limits.
    case tooLarge, tooDeep

    var description: String {
        switch self {
        case .missingBracket: "missing closing ]"
        case .missingParenthesis: "missing closing )"
        case .unexpectedParenthesis: "unexpected )"
        case .missingRepetitionArgument: "missing argument to repetition operator"
        case .nestedRepetition: "invalid nested repetition operator"
        case .repetitionSize: "invalid repeat count"
        case .escape: "invalid escape sequence"
        case .trailingBackslash: "trailing backslash at end of expression"
        case .classRange: "invalid character class range"
        case .perlSyntax: "invalid or unsupported Perl syntax"
        case .unsupportedEscape: "classes of Unicode and single bytes are not supported"
        case .tooLarge: "expression is too large"
        case .tooDeep: "expression nests too deeply"
        }
    }
}
