/// What belongs to each file or directory, in the order of their numbers.
///
/// A disk has a few dozen of them and is copied very often, so that a sorted array beats a
/// dictionary: to copy it takes no hashing, and new numbers go to its end.
struct NodeTable<Value: Sendable>: Sendable {
    private struct Entry {
        let node: NodeID
        /// nil only while `subscript` lends it.
        var value: Value?
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    var nodes: [NodeID] { entries.map(\.node) }

    /// The value of `node`; nil takes it from the table.
    subscript(node: NodeID) -> Value? {
        _read {
            let slot = slot(of: node)
            if slot < entries.count, entries[slot].node == node {
                yield entries[slot].value
            } else {
                yield nil
            }
        }
        _modify {
            let slot = slot(of: node)
            if slot == entries.count || entries[slot].node != node {
                entries.insert(Entry(node: node, value: nil), at: slot)
            }
            defer { if entries[slot].value == nil { entries.remove(at: slot) } }
            yield &entries[slot].value
        }
    }

    func contains(_ node: NodeID) -> Bool {
        let slot = slot(of: node)
        return slot < entries.count && entries[slot].node == node
    }

    /// Adds a node that comes after all others.
    mutating func append(_ node: NodeID, _ value: Value) {
        precondition(entries.last.map { $0.node.rawValue < node.rawValue } ?? true)
        entries.append(Entry(node: node, value: value))
    }

    mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    mutating func removeAll(where isDropped: (NodeID) -> Bool) {
        entries.removeAll { isDropped($0.node) }
    }

    var values: some Sequence<Value> { entries.lazy.compactMap(\.value) }

    mutating func forEachMutable(_ body: (inout Value) -> Void) {
        for slot in entries.indices {
            guard var value = entries[slot].value.take() else { continue }
            body(&value)
            entries[slot].value = value
        }
    }

    /// The first place whose node is not below `node`.
    private func slot(of node: NodeID) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].node.rawValue < node.rawValue {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }
}

/// Some of the nodes of a disk, by number.
struct NodeSet {
    private var marks: [Bool]

    /// An empty set of nodes whose numbers are below `end`.
    init(below end: UInt64) { marks = [Bool](repeating: false, count: Int(end)) }

    /// - Returns: whether it was not in the set.
    @discardableResult
    mutating func insert(_ node: NodeID) -> Bool {
        let place = Int(node.rawValue)
        defer { marks[place] = true }
        return !marks[place]
    }

    func contains(_ node: NodeID) -> Bool { marks[Int(node.rawValue)] }
}
