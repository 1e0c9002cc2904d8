internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Fetches that wait until there is enough for them, or their time is up.
///
/// Nothing asks again and again: a fetch is looked at when a partition of it grew, and at its
/// deadline.
struct WaitingFetches {
    private struct Waiting {
        var request: FetchRequest
        var context: RequestContext
        var deadline: Instant
    }

    private var waiting: [Int: Waiting] = [:]
    private var nextNumber = 0
    /// Deadlines with the number of the fetch, earliest first. Entries of fetches that are gone
    /// are dropped when their time comes.
    private var deadlines = DeadlineQueue()

    var nextDeadline: Instant? { deadlines.first }

    mutating func add(
        _ request: FetchRequest, _ context: RequestContext, until deadline: Instant,
        in broker: Broker
    ) {
        let number = nextNumber
        nextNumber += 1
        waiting[number] = Waiting(request: request, context: context, deadline: deadline)
        deadlines.add(number, at: deadline)
        forEachPartition(of: request, context, in: broker) { $0.waiters.insert(number) }
    }

    private func forEachPartition(
        of request: FetchRequest, _ context: RequestContext, in broker: Broker,
        _ body: (Partition) -> Void
    ) {
        for topic in request.topics {
            for wanted in topic.partitions {
                if let found = broker.partition(wanted.partition, of: topic, context) {
                    body(found)
                }
            }
        }
    }

    private mutating func remove(_ number: Int, in broker: Broker) -> Waiting? {
        guard let fetch = waiting.removeValue(forKey: number) else { return nil }
        forEachPartition(of: fetch.request, fetch.context, in: broker) {
            $0.waiters.remove(number)
        }
        return fetch
    }

    /// Forgets the fetches of a connection that is gone.
    mutating func forget(_ connection: ConnectionID, in broker: Broker) {
        for (number, fetch) in waiting where fetch.context.slot.connection == connection {
            _ = remove(number, in: broker)
        }
    }

    /// The fetches that a partition's growth may satisfy.
    func numbers(for partition: Partition) -> [Int] { partition.waiters.sorted() }

    /// The fetches whose time is up.
    mutating func due(at now: Instant) -> [Int] { deadlines.takeDue(at: now) }

    var all: [Int] { waiting.keys.sorted() }

    func fetch(_ number: Int) -> (FetchRequest, RequestContext)? {
        waiting[number].map { ($0.request, $0.context) }
    }

    mutating func end(_ number: Int, in broker: Broker) { _ = remove(number, in: broker) }
}

extension Broker {
    /// Answers fetches that have enough now that a partition grew.
    func wakeFetches(of partition: Partition, on loop: EventLoop) {
        for number in fetches.numbers(for: partition) {
            finishFetch(number, on: loop, isDue: false)
        }
    }

    /// Answers fetches whose time is up with what there is.
    func expireFetches(_ now: Instant, on loop: EventLoop) {
        for number in fetches.due(at: now) { finishFetch(number, on: loop, isDue: true) }
    }

    /// Answers a fetch with what there is.
    func endFetch(_ number: Int, on loop: EventLoop) { finishFetch(number, on: loop, isDue: true) }

    private func finishFetch(_ number: Int, on loop: EventLoop, isDue: Bool) {
        guard let (request, context) = fetches.fetch(number) else { return }
        let answer = gather(request, context)
        guard isDue || answer.isReady(for: request) else { return }
        fetches.end(number, in: self)
        self.answer(answer.response, lending: answer.records, to: context, on: loop)
    }
}

/// Numbers by the time at which they are due: a heap.
struct DeadlineQueue {
    private var heap: [(at: Instant, number: Int)] = []

    var first: Instant? { heap.first?.at }

    mutating func add(_ number: Int, at deadline: Instant) {
        heap.append((deadline, number))
        var place = heap.count - 1
        while place > 0, heap[place].at < heap[(place - 1) / 2].at {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes all that are due, earliest first.
    mutating func takeDue(at now: Instant) -> [Int] {
        var due: [Int] = []
        while let first = heap.first, first.at <= now {
            due.append(first.number)
            removeFirst()
        }
        return due
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].at < heap[least].at {
                least = child
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
