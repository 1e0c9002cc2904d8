internal import VarveTerms

/// When what must be looked at: a heap of alarms, of which only the last one of each key counts.
///
/// *Invariant*: no parent is due after its children.
struct AlarmQueue<Key: Hashable & Sendable>: Sendable {
    private struct Alarm {
        var due: Instant
        var key: Key
    }

    private var heap: [Alarm] = []
    /// The alarm that counts for each key.
    private var current: [Key: Instant] = [:]

    init() {}

    /// Not after the first alarm that counts; nil when there is none.
    var first: Instant? { heap.first?.due }

    /// How many alarms are held, those that no longer count among them.
    var size: Int { heap.count }

    /// Sets the alarm of a key, or takes it away.
    /// - Complexity: O(log n)
    mutating func set(_ due: Instant?, for key: Key) {
        guard current[key] != due else { return }
        current[key] = due
        if heap.count > 64, heap.count > current.count * 2 {
            heap = current.map { Alarm(due: $1, key: $0) }.sorted { $0.due < $1.due }
            return
        }
        guard let due else { return }
        heap.append(Alarm(due: due, key: key))
        var place = heap.count - 1
        while place > 0, heap[place].due < heap[(place - 1) / 2].due {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes out the keys whose alarms are due.
    /// - Complexity: O(log n) for each.
    mutating func takeDue(at now: Instant) -> [Key] {
        var due: [Key] = []
        while let alarm = heap.first, alarm.due <= now {
            removeFirst()
            guard current[alarm.key] == alarm.due else { continue }
            current[alarm.key] = nil
            due.append(alarm.key)
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
            where child < heap.count && heap[child].due < heap[least].due {
                least = child
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
