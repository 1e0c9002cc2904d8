/// What was counted.
public enum Measured: Hashable, Sendable, CustomStringConvertible {
    case calls(CallTally)
    case number(Int)

    /// `write 2, flush 1`; `1,234`.
    public var description: String {
        switch self {
        case .calls(let tally): return tally.description
        case .number(let number):
            var groups: [String] = []
            var rest = number.magnitude
            while rest >= 1000 {
                let digits = String(rest % 1000)
                groups.append(String(repeating: "0", count: 3 - digits.count) + digits)
                rest /= 1000
            }
            groups.append(String(rest))
            return (number < 0 ? "-" : "") + groups.reversed().joined(separator: ",")
        }
    }
}

/// One row of the table in docs/internals/counters.md.
public struct Counter: Sendable {
    /// By which the table knows it.
    public let name: String
    private let body: @Sendable () throws -> Measured

    init(calls name: String, _ body: @escaping @Sendable () throws -> CallTally) {
        self.name = "calls.\(name)"
        self.body = { .calls(try body()) }
    }

    init(number name: String, _ body: @escaping @Sendable () throws -> Int) {
        self.name = name
        self.body = { .number(try body()) }
    }

    /// Whether this build can count it: a sanitizer has a heap of its own.
    public var isMeasurable: Bool {
        Heap.isCounted || !(name.hasPrefix("heap.") || name.hasPrefix("memory."))
    }

    /// Makes what is counted on, and counts.
    public func measure() throws -> Measured { try body() }

    /// Every row, in the order of the table.
    public static let all =
        callsOfLogs + callsOfBrokers + callsOfOpenings + heapOfLogs + heapOfBrokers + memory
}
