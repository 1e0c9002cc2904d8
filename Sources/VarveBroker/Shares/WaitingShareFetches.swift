internal import VarveShares
internal import VarveTerms
internal import VarveTransport

/// ShareFetches that wait for records.
///
/// Nothing asks again and again: one is looked at when a partition of it grew, when records of its
/// group came back, and at its deadline.
struct WaitingShareFetches {
    private var waiting: [Int: PendingShareFetch] = [:]
    private var nextNumber = 0
    private var deadlines = AlarmQueue<Int>()
    private var watchers: [TopicPartition: Set<Int>] = [:]

    var nextDeadline: Instant? { deadlines.first }
    var all: [Int] { waiting.keys.sorted() }

    mutating func add(_ fetch: PendingShareFetch) {
        nextNumber += 1
        waiting[nextNumber] = fetch
        deadlines.set(fetch.deadline, for: nextNumber)
        for place in fetch.places { watchers[place, default: []].insert(nextNumber) }
    }

    func fetch(_ number: Int) -> PendingShareFetch? { waiting[number] }

    mutating func end(_ number: Int) {
        guard let fetch = waiting.removeValue(forKey: number) else { return }
        deadlines.set(nil, for: number)
        for place in fetch.places {
            watchers[place]?.remove(number)
            if watchers[place]?.isEmpty == true { watchers[place] = nil }
        }
    }

    /// Forgets the fetches of a connection that is gone.
    mutating func forget(_ connection: ConnectionID) {
        for (number, fetch) in waiting where fetch.context.slot.connection == connection {
            end(number)
        }
    }

    /// The fetches that a member waits for.
    func numbers(of session: ShareSessionKey) -> [Int] {
        waiting.filter { $0.value.session == session }.keys.sorted()
    }

    /// The fetches of any group that wait for a partition, the oldest first.
    func numbers(for place: TopicPartition) -> [Int] { (watchers[place] ?? []).sorted() }

    /// The fetches whose time is up.
    mutating func due(at now: Instant) -> [Int] { deadlines.popDue(at: now) }
}

extension Broker {
    /// Answers fetches that have enough now that a partition grew.
    func wakeShareFetches(of partition: Partition, on loop: EventLoop) {
        let place = TopicPartition(topicID: partition.topicID, index: partition.index)
        for number in shares.fetches.numbers(for: place) {
            finishShareFetch(number, isDue: false, on: loop)
        }
    }

    /// Answers fetches that have enough now that records came back.
    func wakeStirredFetches(on loop: EventLoop) {
        let stirred = shares.stirred
        for key in stirred {
            let place = TopicPartition(topicID: key.topicID, index: key.partition)
            for number in shares.fetches.numbers(for: place)
            where shares.fetches.fetch(number)?.session.group == key.group {
                finishShareFetch(number, isDue: false, on: loop)
            }
        }
        // What is still there nobody waits for: who comes next looks for itself.
        shares.stirred = []
    }

    func finishShareFetch(_ number: Int, isDue: Bool, on loop: EventLoop) {
        guard let fetch = shares.fetches.fetch(number),
            tryShareFetch(fetch, isDue: isDue)
        else { return }
        shares.fetches.end(number)
    }

    /// Answers what a member waits for: its session is over, and whatever it got now nobody would
    /// give back before the lock ends.
    func endShareFetches(of session: ShareSessionKey) {
        for number in shares.fetches.numbers(of: session) {
            guard let fetch = shares.fetches.fetch(number) else { continue }
            shares.fetches.end(number)
            answerEmpty(fetch)
        }
    }

    /// Answers all who wait: the broker stops.
    func endShareFetches(on loop: EventLoop) {
        for number in shares.fetches.all { finishShareFetch(number, isDue: true, on: loop) }
    }
}
