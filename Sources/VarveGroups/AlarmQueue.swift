import VarveTerms

/// When which group must be looked at: a heap of alarms. An alarm that its group has moved stays
/// until it surfaces or until such alarms are the most.
///
/// *Invariant*: no parent is due after its children.
struct AlarmQueue {
    private struct Alarm {
        var due: Instant
        var group: String
    }

    private var heap: [Alarm] = []
    /// The alarm that counts for each group.
    private var current: [String: Instant] = [:]

    /// Not after the first alarm that counts; nil when there is none.
    var first: Instant? { heap.first?.due }

    /// How many alarms are held, those that no longer count among them.
    var size: Int { heap.count }

    /// Sets the alarm of a group, or takes it away.
    /// - Complexity: O(log n)
    mutating func set(_ due: Instant?, for group: String) {
        guard current[group] != due else { return }
        current[group] = due
        if heap.count > 64, heap.count > current.count * 2 { compact() }
        guard let due else { return }
        heap.append(Alarm(due: due, group: group))
        siftUp(heap.count - 1)
    }

    /// Takes out the groups whose alarms are due.
    mutating func popDue(at now: Instant) -> [String] {
        var due: [String] = []
        while let alarm = heap.first, alarm.due <= now {
            removeFirst()
            guard current[alarm.group] == alarm.due else { continue }
            current[alarm.group] = nil
            due.append(alarm.group)
        }
        return due
    }

    private mutating func compact() {
        heap = current.map { Alarm(due: $1, group: $0) }.sorted { $0.due < $1.due }
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
        siftDown()
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].due < heap[parent].due else { return }
            heap.swapAt(place, parent)
            place = parent
        }
    }

    private mutating func siftDown() {
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if heap[child].due < heap[least].due { least = child }
            }
            guard least != place else { return }
            heap.swapAt(place, least)
            place = least
        }
    }
}
