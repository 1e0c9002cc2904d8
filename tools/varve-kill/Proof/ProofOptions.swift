internal import VarveTerms

/// What all programs of proofs take: how long, from which seed, and which case only.
struct ProofOptions {
    var duration = Duration.seconds(60)
    var seed: UInt64 = 1
    /// What a line calls the place at which it was tried.
    var name = ""
    /// Whether promises must be broken: what finds no break there finds none anywhere.
    var isControl = false
    /// A case's numbers, to play it alone.
    var replay: [Int]?

    /// - Returns: nil for words that say nothing.
    init?(parsing words: ArraySlice<String>) {
        guard words.count.isMultiple(of: 2) else { return nil }
        var rest = words
        while let key = rest.popFirst(), let value = rest.popFirst() {
            guard take(key, value) else { return nil }
        }
    }

    private mutating func take(_ key: String, _ value: String) -> Bool {
        switch key {
        case "--for":
            guard let seconds = Int(value), seconds > 0 else { return false }
            duration = .seconds(seconds)
        case "--seed":
            guard let seed = UInt64(value), seed <= UInt64(Int64.max) else { return false }
            self.seed = seed
        case "--name": name = value
        case "--control": isControl = value == "yes"
        case "--case":
            let words = value.split(separator: ":")
            let numbers = words.compactMap { Int($0) }
            guard numbers.count == words.count else { return false }
            replay = numbers
        default: return false
        }
        return true
    }
}
