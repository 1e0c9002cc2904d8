internal import VarveLog
internal import VarveTerms

/// Tasks that sleep until an append is decided or until there is something to read. Kept under the
/// core's lock; woken outside of it.
struct WaitingTasks {
    typealias Wake = CheckedContinuation<Void, Never>

    private var appends: [(end: Offset, generation: Int, wake: Wake)] = []
    private var room: [Wake] = []
    private var readers: [Int: (past: Offset, wake: Wake)] = [:]
    private var lastReader = 0

    var isEmpty: Bool { appends.isEmpty && room.isEmpty && readers.isEmpty }

    mutating func waitForOutcome(of ticket: AppendTicket, _ wake: Wake) {
        appends.append((ticket.offsets.upperBound, ticket.generation, wake))
    }

    mutating func waitForRoom(_ wake: Wake) { room.append(wake) }

    mutating func nextReader() -> Int {
        lastReader += 1
        return lastReader
    }

    mutating func waitForRecords(past offset: Offset, reader: Int, _ wake: Wake) {
        readers[reader] = (offset, wake)
    }

    mutating func cancel(reader: Int) -> Wake? { readers.removeValue(forKey: reader)?.wake }

    /// Takes out those whose wait is over.
    mutating func takeReady(
        acknowledged: Offset, generation: Int, visible: Offset
    ) -> [Wake] {
        guard !isEmpty else { return [] }
        var ready: [Wake] = []
        appends.removeAll { waiting in
            let isDecided = waiting.end <= acknowledged || waiting.generation < generation
            if isDecided { ready.append(waiting.wake) }
            return isDecided
        }
        ready += room
        room.removeAll()
        for (id, reader) in readers where visible > reader.past {
            ready.append(reader.wake)
            readers[id] = nil
        }
        return ready
    }

    /// Takes out everybody: the log is closed.
    mutating func takeAll() -> [Wake] {
        let all = appends.map(\.wake) + room + readers.values.map(\.wake)
        self = WaitingTasks()
        return all
    }
}
