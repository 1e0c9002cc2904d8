internal import CCount

/// What this thread takes of the heap.
enum Heap {
    /// Whether calls of the heap can be counted; a sanitizer has a heap of its own.
    static var isCounted: Bool { VARVE_IS_SANITIZED == 0 }

    /// What `body` takes, adding up where it is called several times.
    struct Use {
        var callCount = 0
        /// Bytes that were asked for.
        var sizeGiven = 0
        /// Bytes that stay in use.
        var size = 0

        mutating func add<Value>(_ body: () throws -> Value) rethrows -> Value {
            varve_heap_begin()
            defer {
                let use = varve_heap_end()
                callCount += Int(use.call_count)
                sizeGiven += Int(use.size_given)
                size += Int(use.size)
            }
            return try body()
        }
    }

    /// Allocations of one call of `body` among many that follow each other, rounded.
    static func calls(in count: Int = 64, _ body: () throws -> Void) rethrows -> Int {
        // Whatever is made once, or grows to a size, is there by then.
        for _ in 0..<count { try body() }
        var use = Use()
        try use.add { for _ in 0..<count { try body() } }
        return (use.callCount + count / 2) / count
    }
}
