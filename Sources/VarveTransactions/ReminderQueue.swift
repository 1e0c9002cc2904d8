import VarveTerms

/// When which transactional id must be looked at: a heap. A reminder may come too early, after
/// what it was for was put off; it never comes too late.
///
/// *Invariant*: no parent is due after its children.
struct ReminderQueue {
    private var heap: [(due: Instant, id: String)] = []

    var first: Instant? { heap.first?.due }

    /// How many reminders are held.
    var count: Int { heap.count }

    /// - Complexity: O(log n)
    mutating func add(_ id: String, at due: Instant) {
        heap.append((due, id))
        var place = heap.count - 1
        while place > 0, heap[place].due < heap[(place - 1) / 2].due {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    /// Takes out the ids whose reminders are due.
    mutating func popDue(at now: Instant) -> [String] {
        var due: [String] = []
        while let first = heap.first, first.due <= now {
            due.append(first.id)
            removeFirst()
        }
        return due
    }

    private mutating func removeFirst() {
        let last = heap.removeLast()
        guard !heap.isEmpty else { return }
        heap[0] = last
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
