internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Fetches that wait until there is enough for them, or their time is up.
///
/// Nothing asks again and again: a fetch is looked at when a partition of it grew, and at its
/// deadline. A fetch that ended has left nothing behind.
///
/// *Invariant*: `waiting`, `deadlines` and `byConnection` know the same fetches, and so do the
/// partitions that they wait for.
struct WaitingFetches {
    private struct Waiting {
        var fetch: PendingFetch
        var context: RequestContext
        var partitions: [Partition]
    }

    private var waiting: [Int: Waiting] = [:]
    private var nextNumber = 0
    private var deadlines = AlarmQueue<Int>()
    private var byConnection: [ConnectionID: Set<Int>] = [:]

    var nextDeadline: Instant? { deadlines.first }

    /// How many wait.
    var count: Int { waiting.count }

    mutating func add(
        _ fetch: PendingFetch, _ context: RequestContext, until deadline: Instant,
        in broker: Broker
    ) {
        let number = nextNumber
        nextNumber += 1
        let partitions = fetch.plan.fetches.compactMap { broker.partition($0) }
        for partition in partitions { partition.waiters.insert(number) }
        waiting[number] = Waiting(fetch: fetch, context: context, partitions: partitions)
        deadlines.set(deadline, for: number)
        byConnection[context.slot.connection, default: []].insert(number)
    }

    mutating func end(_ number: Int) {
        guard let ended = waiting.removeValue(forKey: number) else { return }
        deadlines.set(nil, for: number)
        for partition in ended.partitions { partition.waiters.remove(number) }
        let connection = ended.context.slot.connection
        byConnection[connection]?.remove(number)
        if byConnection[connection]?.isEmpty == true { byConnection[connection] = nil }
    }

    /// Forgets the fetches of a connection that is gone.
    mutating func forget(_ connection: ConnectionID) {
        for number in byConnection[connection] ?? [] { end(number) }
    }

    /// The fetches that a partition's growth may satisfy.
    func numbers(for partition: Partition) -> [Int] { partition.waiters.sorted() }

    /// The fetches whose time is up.
    mutating func due(at now: Instant) -> [Int] { deadlines.popDue(at: now) }

    var all: [Int] { waiting.keys.sorted() }

    func fetch(_ number: Int) -> (PendingFetch, RequestContext)? {
        waiting[number].map { ($0.fetch, $0.context) }
    }
}

extension Broker {
    /// Answers fetches that have enough now that a partition grew, or is gone.
    func wakeFetches(of partition: Partition, on loop: EventLoop) {
        for number in fetches.numbers(for: partition) {
            finishFetch(number, on: loop, isDue: false)
        }
    }

    /// Answers fetches whose time is up with what there is.
    func expireFetches(_ now: Instant, on loop: EventLoop) {
        for number in fetches.due(at: now) { endFetch(number, on: loop) }
    }

    /// Answers a fetch with what there is.
    func endFetch(_ number: Int, on loop: EventLoop) { finishFetch(number, on: loop, isDue: true) }

    private func finishFetch(_ number: Int, on loop: EventLoop, isDue: Bool) {
        guard let (fetch, context) = fetches.fetch(number) else { return }
        let answer = gather(fetch)
        guard isDue || answer.isReady(for: fetch) else { return }
        fetches.end(number)
        self.answer(answer, to: fetch, context, on: loop)
    }
}
