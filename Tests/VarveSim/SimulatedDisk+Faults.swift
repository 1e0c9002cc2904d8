import Synchronization
public import VarveSystem

/// Calls that fail.
///
/// A call that fails by a fault changes nothing, with two exceptions: `flush` gives the un-flushed
/// bytes of the file up, and `close` closes. Names whose `flushDirectory` failed stay pending.
extension SimulatedDisk {
    /// Lays a fault for a coming call.
    ///
    /// - Parameters:
    ///   - ordinal: which of the coming calls of `kinds` fails; 0 is the next one.
    ///   - kinds: the calls that count and fail; nil for all.
    ///   - path: of the file whose calls count and fail; nil for any.
    ///   - error: what the call fails with.
    ///   - mode: whether the calls after it fail too.
    public func fail(
        ordinal: Int, of kinds: Set<FileError.Operation>? = nil, at path: String? = nil,
        with error: SystemError, mode: FaultMode = .once
    ) {
        precondition(ordinal >= 0, "call \(ordinal) has been")
        state.withLock { $0.faults.lay(after: ordinal, kinds, at: path, error, mode) }
    }

    /// Lays a fault for the next call of `kind`, or the next call of any kind.
    public func failNext(_ kind: FileError.Operation? = nil, with error: SystemError) {
        fail(ordinal: 0, of: kind.map { [$0] }, with: error)
    }

    /// Takes back all faults that are laid. Short transfers and the capacity stay.
    public func clearFaults() { state.withLock { $0.faults.clear() } }

    /// How many calls of any kind there have been in this life, failed ones too. A sweep of faults
    /// over all calls ends where this does.
    public var callCount: Int { state.withLock { $0.faults.callCount } }

    /// How many calls failed by a fault in this life.
    public var faultHitCount: Int { state.withLock { $0.faults.hitCount } }

    /// How often somebody had a file's bytes begun to be written out.
    public var writingOutCount: Int { state.withLock { $0.writingOutCount } }

    public var shortTransfers: ShortTransfers {
        get { state.withLock { $0.faults.shortTransfers } }
        set { state.withLock { $0.faults.shortTransfers = newValue } }
    }

    /// How long each flush of a file takes by the clock; nothing unless told. The caller waits.
    public var flushDuration: Duration {
        get { state.withLock { $0.flushDuration } }
        set { state.withLock { $0.flushDuration = newValue } }
    }

    /// Lets the kernel's own writing out of a file fail, with nobody there to be told: un-flushed
    /// bytes are given up as by a failed flush, and the next flush through each opening, also one
    /// made later as long as nobody was told, throws EIO once.
    public func failBackgroundWrites(of path: String) {
        let time = clock.wallClock()
        state.withLock { state in
            guard let node = state.node(at: path) else { return }
            state.perform(.failedFlush(node, isTold: false), path, time)
        }
    }
}

extension DiskState {
    /// The file or directory at `path`, past all faults and counts.
    func node(at path: String) -> NodeID? {
        (try? image.place(of: path, for: .look))?.node
    }
}
