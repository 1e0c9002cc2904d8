internal import Synchronization
internal import VarveSystem
internal import VarveTerms

/// The quarantine of an open log, as its owner and its readers share it: readers add what they
/// meet, the owner stores it now and then.
///
/// *Threads*: any.
final class KnownDamage: Sendable {
    private let clock: (any Clock)?
    private let state: Mutex<State>
    /// Whether there are no fences, which each read asks: as the lock's last owner left them.
    private let isEmpty: Atomic<Bool>

    private struct State {
        var quarantine: Quarantine
        /// Whether the file says something else.
        var isChanged = false
    }

    /// - Parameter clock: tells when damage is found; without one that is not noted.
    init(_ quarantine: Quarantine = Quarantine(), clock: (any Clock)? = nil) {
        self.clock = clock
        isEmpty = Atomic(quarantine.isEmpty)
        state = Mutex(State(quarantine: quarantine))
    }

    var quarantine: Quarantine { state.withLock { $0.quarantine } }

    /// Whether some range of the log is fenced.
    var hasFences: Bool { !isEmpty.load(ordering: .acquiring) }

    /// The fence around an offset.
    func fence(holding offset: Offset) -> FencedRange? {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.quarantineIgnored.isPlanted { return nil }
        #endif
        guard !isEmpty.load(ordering: .acquiring) else { return nil }
        return state.withLock { $0.quarantine.range(holding: offset) }
    }

    /// Takes over what the file says.
    func take(up range: FencedRange) {
        state.withLock { state in
            _ = state.quarantine.insert(range)
            isEmpty.store(state.quarantine.isEmpty, ordering: .releasing)
        }
    }

    /// The file says something else.
    func mustStore() { state.withLock { $0.isChanged = true } }

    func note(_ range: CorruptRange) {
        // Nothing starts at the epoch of the clock but a machine whose clock was never set.
        let now = clock?.wallClock() ?? Timestamp(milliseconds: 0)
        guard let fence = FencedRange(range, found: now) else { return }
        change { $0.insert(fence) }
    }

    /// Takes fences away: their bytes were deleted, cut off, or are sound again.
    func remove(where isGone: (FencedRange) -> Bool) { change { $0.removeAll(where: isGone) } }

    private func change(_ body: (inout Quarantine) -> Bool) {
        state.withLock { state in
            if body(&state.quarantine) { state.isChanged = true }
            isEmpty.store(state.quarantine.isEmpty, ordering: .releasing)
        }
    }

    /// Stores the quarantine, if it changed since it was stored or read. A file without ranges
    /// goes.
    func store(in folder: String, _ fileSystem: any FileSystem) throws(LogError) {
        let next = state.withLock { state -> Quarantine? in
            defer { state.isChanged = false }
            return state.isChanged ? state.quarantine : nil
        }
        guard let next else { return }
        do throws(LogError) {
            try next.storeOrRemove(in: folder, fileSystem)
        } catch {
            state.withLock { $0.isChanged = true }
            throw error
        }
    }
}

extension Quarantine {
    /// The quarantine of the log in `folder`; empty when there is none, or none that can be read.
    static func load(in folder: String, _ fileSystem: any FileSystem) -> Quarantine {
        (try? Quarantine.load(folder + "/" + fileName, in: fileSystem)) ?? Quarantine()
    }

    /// On return the folder's file says the same, and that survives a power cut.
    func storeOrRemove(in folder: String, _ fileSystem: any FileSystem) throws(LogError) {
        let path = folder + "/" + Self.fileName
        do throws(CheckpointError) {
            guard isEmpty else { return try store(at: path, in: fileSystem) }
        } catch {
            throw .checkpoint(error)
        }
        try wrapping { () throws(FileError) in
            guard try fileSystem.status(at: path) != nil else { return }
            try WholeFile.remove(path, in: fileSystem)
        }
    }
}
