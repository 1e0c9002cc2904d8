import Testing
import VarveTerms

@testable import VarveTransport

@Suite("ServerLedger")
struct ServerLedgerTests {
    @Test("an address that leaves more often than it came ends the process")
    func leftTwice() async {
        await #expect(processExitsWith: .failure) {
            let ledger = ServerLedger()
            _ = ledger.enter(.loopback)
            ledger.leave(.loopback)
            ledger.leave(.loopback)
        }
    }

    @Test("places are given up to both limits, and again when they are left")
    func limits() {
        var limits = ServerLimits()
        limits.connectionsMax = 3
        limits.connectionsPerAddressMax = 2
        let ledger = ServerLedger(limits: limits)
        #expect(ledger.enter(.v4(1)) == .admit)
        #expect(ledger.enter(.v4(1)) == .admit)
        #expect(ledger.enter(.v4(1)) == .refuse)
        #expect(ledger.enter(.v6(high: 0, low: 1)) == .admit)
        #expect(ledger.enter(.v4(2)) == .refuse)
        #expect(ledger.connectionCount == 3)
        #expect(ledger.refusedCount == 2)
        ledger.leave(.v4(1))
        #expect(ledger.enter(.v4(1)) == .admit)
        #expect(ledger.connectionCount == 3)
    }

    @Test("limits that change count for whoever comes next, but never pass the first ones")
    func changed() {
        var limits = ServerLimits()
        limits.connectionsMax = 3
        let ledger = ServerLedger(limits: limits)
        #expect(ledger.enter(.v4(1)) == .admit)
        #expect(ledger.enter(.v4(1)) == .admit)
        limits.connectionsMax = 1
        ledger.change(limits)
        #expect(ledger.enter(.v4(2)) == .refuse)
        ledger.leave(.v4(1))
        ledger.leave(.v4(1))
        limits.connectionsMax = 100
        limits.connectionsPerAddressMax = 1
        limits.connectionsMaxOf = [.v4(7): 2, .v4(8): 0]
        ledger.change(limits)
        #expect(ledger.limits.connectionsMax == 3)
        #expect(ledger.enter(.v4(8)) == .refuse)
        #expect(ledger.enter(.v4(7)) == .admit)
        #expect(ledger.enter(.v4(7)) == .admit)
        #expect(ledger.enter(.v4(6)) == .admit)
        #expect(ledger.enter(.v4(5)) == .refuse)
    }

    @Test("memory is full at its limit, and what is given back is there again")
    func memory() {
        let budget = MemoryBudget(limit: ByteCount(100))
        budget.charge(99)
        #expect(!budget.isFull)
        budget.charge(1)
        #expect(budget.isFull)
        budget.charge(150)
        budget.charge(-151)
        #expect(!budget.isFull)
        #expect(budget.used == ByteCount(99))
    }

    @Test("memory is overrun from twice its limit on")
    func overrun() {
        let budget = MemoryBudget(limit: ByteCount(100))
        budget.charge(199)
        #expect(!budget.isOverrun)
        budget.charge(1)
        #expect(budget.isOverrun)
        #expect(!MemoryBudget(limit: ByteCount(Int.max)).isOverrun)
    }
}

@Suite("ConnectionTable")
struct ConnectionTableTests {
    @Test("the number of a connection that is gone names nobody, whoever has its place")
    func lives() {
        var table = ConnectionTable()
        #expect(table[UInt64(0)] == nil)
        let chunks = ChunkPool()
        func insert() -> Connection {
            table.insert { id in
                Connection(
                    id, SilentSocket(), frameSizeMax: .mib(1), chunks: chunks,
                    now: Instant(nanoseconds: 0))
            }
        }
        let (first, second) = (insert(), insert())
        #expect(table.count == 2)
        table.remove(first.id)
        #expect(table[first.id] == nil)
        #expect(table[second.id] === second)
        let third = insert()
        #expect(third.id.place == first.id.place)
        #expect(table[first.id.token] == nil)
        #expect(table[third.id.token] === third)
        #expect(Set(table.all.map(\.id)) == [second.id, third.id])
        #expect(table.count == 2)
    }

    private final class SilentSocket: StreamSocket {
        let peer = SocketAddress(.loopback, port: 1)
        let local = SocketAddress(.loopback, port: 2)
        func read(into buffer: inout MutableRawSpan) -> ReadOutcome { .notReady }
        func write(_ parts: any GatheredBytes) -> WriteOutcome { .notReady }
        func send(_ range: FileRange) -> WriteOutcome { .notReady }
        func finishWriting() {}
        func close() {}
    }
}
