internal import Synchronization

/// Lends compressors and decompressors to threads, so that a process keeps few of their contexts
/// and allocates none in steady use.
///
/// *Invariant*: an object is either in the pool or lent to exactly one closure.
///
/// *Threads*: safe to use from any thread. The lock is held for one array operation and never while
/// a closure runs; objects are made and destroyed outside it.
public final class CodecPool: Sendable {
    /// How many objects of each kind stay in the pool.
    public let idleMax: Int
    private let idle: Mutex<Idle>

    /// - Parameter idleMax: How many compressors, and how many decompressors, are kept when nobody
    ///   uses them; more are made when more threads ask at once, and dropped on their return. The
    ///   default is one each for the threads of a small machine. What one costs stands at
    ///   `Compressor` and `Decompressor`.
    /// - Precondition: `idleMax >= 0`.
    public init(idleMax: Int = 8) {
        precondition(idleMax >= 0, "\(idleMax) idle objects")
        self.idleMax = idleMax
        idle = Mutex(Idle(idleMax: idleMax))
    }

    /// Runs `body` with a compressor that no other thread uses meanwhile. It must not outlive the
    /// call.
    public func withCompressor<Result: ~Copyable, Failure: Error>(
        _ body: (Compressor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let lent = idle.withLock { $0.compressors.take() } ?? Lent(Compressor())
        defer { idle.withLock { $0.compressors.keep(lent) } }
        return try body(lent.object)
    }

    /// Runs `body` with a decompressor that no other thread uses meanwhile. It must not outlive
    /// the call.
    public func withDecompressor<Result: ~Copyable, Failure: Error>(
        _ body: (Decompressor) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let lent = idle.withLock { $0.decompressors.take() } ?? Lent(Decompressor())
        defer { idle.withLock { $0.decompressors.keep(lent) } }
        return try body(lent.object)
    }

    /// How many objects of each kind are in the pool now, for tests and metrics.
    public var idleCounts: (compressors: Int, decompressors: Int) {
        idle.withLock { ($0.compressors.count, $0.decompressors.count) }
    }
}

/// The objects that nobody uses. The lists have their full size from the start.
private struct Idle: Sendable {
    var compressors: IdleList<Compressor>
    var decompressors: IdleList<Decompressor>

    init(idleMax: Int) {
        compressors = IdleList(countMax: idleMax)
        decompressors = IdleList(countMax: idleMax)
    }
}

private struct IdleList<Object: AnyObject>: Sendable {
    private var list: [Lent<Object>] = []
    private let countMax: Int

    init(countMax: Int) {
        self.countMax = countMax
        list.reserveCapacity(countMax)
    }

    var count: Int { list.count }

    mutating func take() -> Lent<Object>? { list.popLast() }

    /// Keeps the object where there is a place; otherwise the caller holds the last reference.
    mutating func keep(_ lent: Lent<Object>) {
        if list.count < countMax { list.append(lent) }
    }
}

/// An object on its way between the pool and the one closure that uses it.
private struct Lent<Object: AnyObject>: @unchecked Sendable {
    // @unchecked: the pool takes the object out of its list before it lends it, so that at any time
    // one thread at most can reach it.
    let object: Object

    init(_ object: Object) { self.object = object }
}
