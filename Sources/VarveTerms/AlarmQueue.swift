/// What is to be looked at when: a heap of alarms, one for each key. An alarm that is moved or
/// taken away is gone at once.
///
/// *Invariants*: no parent is due after its children; `places[key]` is where the alarm of `key`
/// stands in the heap, and there is no other of that key.
package struct AlarmQueue<Key: Hashable & Sendable>: Sendable {
    private struct Alarm {
        var due: Instant
        var key: Key
    }

    private var heap: [Alarm] = []
    private var places: [Key: Int] = [:]

    package init() {}

    /// When the first alarm is due; nil when there is none.
    package var first: Instant? { heap.first?.due }

    /// How many alarms there are.
    package var size: Int { heap.count }

    /// Sets the alarm of a key, or takes it away.
    /// - Complexity: O(log n)
    package mutating func set(_ due: Instant?, for key: Key) {
        guard let due else {
            if let place = places[key] { remove(at: place) }
            return
        }
        guard let place = places[key] else {
            heap.append(Alarm(due: due, key: key))
            places[key] = heap.count - 1
            return siftUp(heap.count - 1)
        }
        let before = heap[place].due
        heap[place].due = due
        if due < before { siftUp(place) } else { siftDown(place) }
    }

    /// Takes out the keys whose alarms are due, earliest first.
    /// - Complexity: O(log n) for each
    package mutating func popDue(at now: Instant) -> [Key] {
        var due: [Key] = []
        while let alarm = heap.first, alarm.due <= now {
            due.append(alarm.key)
            remove(at: 0)
        }
        return due
    }

    private mutating func remove(at place: Int) {
        let last = heap.count - 1
        swap(place, last)
        places[heap.removeLast().key] = nil
        guard place < last else { return }
        // What came from the end may be due before its new parent, or after its new children.
        siftUp(place)
        siftDown(place)
    }

    private mutating func swap(_ left: Int, _ right: Int) {
        guard left != right else { return }
        heap.swapAt(left, right)
        places[heap[left].key] = left
        places[heap[right].key] = right
    }

    private mutating func siftUp(_ start: Int) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard heap[place].due < heap[parent].due else { return }
            swap(place, parent)
            place = parent
        }
    }

    private mutating func siftDown(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
                if heap[child].due < heap[least].due { least = child }
            }
            guard least != place else { return }
            swap(place, least)
            place = least
        }
    }
}
