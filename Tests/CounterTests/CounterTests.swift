import Testing
import VarveCounters

@Suite("Counter")
struct CounterTests {
    private static let table = Result { try CounterTable() }

    @Test("each count is what docs/internals/counters.md says", arguments: Counter.all.map(\.name))
    func counts(name: String) throws {
        let counter = try #require(Counter.all.first { $0.name == name })
        guard counter.isMeasurable else { return }
        let cell = try #require(try Self.table.get()[name], "no row `\(name)`")
        let measured = try counter.measure().description
        #expect(
            CounterTable.allows(measured, in: cell),
            "`\(name)` is \(measured), the table says \(cell)")
    }

    @Test("the table has a row for each count, and no other")
    func rows() throws {
        #expect(try Self.table.get().rows.map(\.name) == Counter.all.map(\.name))
    }

    @Test("a cell allows what it says, or what lies below its bound and not far below")
    func cells() {
        #expect(CounterTable.allows("1,200", in: "≤ 1,200"))
        #expect(CounterTable.allows("900", in: "≤ 1,200"))
        #expect(!CounterTable.allows("1,201", in: "≤ 1,200"))
        #expect(!CounterTable.allows("899", in: "≤ 1,200"))
        #expect(!CounterTable.allows("none", in: "≤ 1,200"))
        #expect(CounterTable.allows("3", in: "below 1,200"))
        #expect(!CounterTable.allows("1,200", in: "below 1,200"))
        #expect(CounterTable.allows("write 2, flush 1", in: "write 2, flush 1"))
        #expect(!CounterTable.allows("write 3, flush 1", in: "write 2, flush 1"))
        #expect(!CounterTable.allows("11", in: "12"))
    }
}
