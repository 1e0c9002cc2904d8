import Synchronization

/// Traces and lives after a crash.
extension SimulatedDisk {
    /// The operations of this life so far, with what it takes to repeat them.
    public var trace: DiskTrace { state.withLock { $0.trace } }

    /// How many operations the trace holds: with it a test notes when something was acknowledged.
    public var operationCount: Int { state.withLock { $0.trace.count } }

    /// What would be lost or kept at a power cut now, in the order in which it came about.
    public var pendingAtoms: [Atom] { state.withLock { $0.image.atoms } }

    /// The disk after a power cut now: its durable state and the chosen atoms. Nothing is open,
    /// nothing pending. This disk stays as it is.
    ///
    /// - Parameter tear: what becomes of the last write that was kept; nil leaves it whole.
    /// - Complexity: files and atoms; contents are shared until they change.
    public func crash(
        keeping selection: AtomSelection, tearing tear: Tear? = nil
    ) -> SimulatedDisk {
        let (image, options) = state.withLock { ($0.image, $0.options) }
        return SimulatedDisk(
            image.afterCut(keeping: selection, tearing: tear), options, clock)
    }

    /// The disk after the process was killed (kill -9) and started again: nothing is lost, and
    /// nothing that was not flushed has become durable. This disk stays as it is.
    public func processDeath() -> SimulatedDisk {
        let (image, options) = state.withLock { state in
            var image = state.image
            image.startNewLife(after: state.trace.count)
            return (image, state.options)
        }
        return SimulatedDisk(image, options, clock)
    }

    /// A new life in which the first `operationCount` operations of `trace` have happened. Its own
    /// trace starts after them; `pendingAtoms` keep the ordinals of `trace`.
    ///
    /// - Precondition: `operationCount` is at most the length of the trace.
    public convenience init(
        replaying trace: DiskTrace, through operationCount: Int? = nil,
        clock: SimulatedClock = SimulatedClock()
    ) {
        let image = trace.image(after: operationCount ?? trace.count)
        self.init(image, trace.options, clock)
    }

    /// Forgets what the page cache knows better than the disk: everything pending counts as
    /// written out, and bytes that a failed flush gave up read as the old ones again.
    public func evictCaches() {
        state.withLock { state in
            state.image.evictCleanPages()
            state.showEverything()
        }
    }
}

extension DiskTrace {
    func image(after operationCount: Int) -> DiskImage {
        precondition(
            (0...count).contains(operationCount), "\(operationCount) of \(count) operations")
        var image = base
        for operation in operations[..<operationCount] { image.perform(operation) }
        return image
    }
}
