/// What the command line says.
struct ProveOptions: Hashable {
    /// What is to be done.
    enum Task: Hashable {
        /// Run everything and print the table.
        case table
        /// Be one of several processes that share the rows of this program.
        case shard(Int, of: Int)
        /// Play one case again.
        case replay(String)
    }

    static let allRows = (2...12).map { "G\($0)" }

    static let usage = """
        usage: tools/prove --for DURATION [--rows G4,G6] [--seed N] [--processes N]
               tools/prove --replay CASE

        Tries failures of disks, processes and power for the duration (30s, 10m, 2h), prints the
        table of proofs, and ends with 1 when a promise was broken. docs/internals/proofs.md says
        what each row tries.

        """

    var task = Task.table
    var duration: Duration = .zero
    var rows = allRows
    var seed: UInt64 = 1
    var processCount = 2
    /// A folder with programs of other rows.
    var programs: String?

    /// - Returns: nil for words that say nothing.
    init?(parsing words: [String]) {
        guard words.count.isMultiple(of: 2) else { return nil }
        for place in stride(from: 0, to: words.count, by: 2) {
            guard take(words[place], words[place + 1]) else { return nil }
        }
        if case .replay = task { return }
        guard duration > .zero else { return nil }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--for":
            guard let duration = Self.duration(value) else { return false }
            self.duration = duration
        case "--rows":
            let wanted = value.split(separator: ",").map(String.init)
            guard !wanted.isEmpty, wanted.allSatisfy(Self.allRows.contains) else { return false }
            rows = Self.allRows.filter(wanted.contains)
        case "--seed":
            guard let seed = Int64(value), seed >= 0 else { return false }
            self.seed = UInt64(seed)
        case "--processes":
            guard let count = Int(value), (1...256).contains(count) else { return false }
            processCount = count
        case "--shard":
            let numbers = value.split(separator: "/").compactMap { Int($0) }
            guard numbers.count == 2, (0..<numbers[1]).contains(numbers[0]) else { return false }
            task = .shard(numbers[0], of: numbers[1])
        case "--replay": task = .replay(value)
        case "--programs": programs = value
        default: return false
        }
        return true
    }

    /// Reads `90`, `90s`, `10m`, `2h`.
    static func duration(_ text: String) -> Duration? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        let unit = text.last.flatMap { units[$0] }
        guard let count = Int(unit == nil ? text[...] : text.dropLast()),
            (1...1_000_000).contains(count)
        else { return nil }
        return .seconds(count * (unit ?? 1))
    }
}
