internal import Synchronization
internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// How far the sidecar of a segment may be believed.
enum SidecarTrust: Hashable, Sendable {
    /// The directory's root names the seal; nil: it says that there is none.
    case closed(sealCRC: UInt32?)
    /// Nothing vouches for it: it is believed as far as it describes the file.
    case found
}

/// The sidecar of one segment, as readers and the writer share it: looked at with the first read,
/// and published by whoever appends.
///
/// *Threads*: any thread may read; the log's owner publishes.
final class SegmentSidecar: Sendable {
    let paths: SegmentPaths
    let identity: SegmentIdentity
    let seed: UInt32
    let trust: SidecarTrust
    private let access: Segment.Access
    let fileSystem: any FileSystem
    private let state: Mutex<State>

    private struct State {
        var known = Known.nothing
        var mapping: MappedBytes?
        /// What was made of the two, for the next reads; nil until a read asked for it.
        var ready: Ready?

        var look: SidecarLook? {
            switch known {
            case .nothing: nil
            case .published(let coverage, let blockCount):
                SidecarLook(coverage: coverage, blockCount: blockCount)
            case .looked(let found): found.look
            }
        }
    }

    /// Grows with each change, so that what was made of an older state is not kept.
    let changes = Atomic<Int>(0)

    private func change(
        _ state: inout State, _ look: SidecarLook?, _ mapping: MappedBytes?
    ) {
        state.known = look.map { .looked(Found($0)) } ?? .nothing
        didChange(&state, mapping)
    }

    private func didChange(_ state: inout State, _ mapping: MappedBytes?) {
        state.mapping = mapping
        state.ready = nil
        changes.wrappingAdd(1, ordering: .releasing)
    }

    /// What is known of the file; of most sidecars it is what their writer says.
    private enum Known {
        case nothing
        case published(SidecarCoverage, Int)
        case looked(Found)
    }

    private final class Found: Sendable {
        let look: SidecarLook

        init(_ look: SidecarLook) { self.look = look }
    }

    /// A check to begin with; none where there is nothing to hold batches against.
    private final class Ready: Sendable {
        let check: SidecarCheck?

        init(check: SidecarCheck? = nil) { self.check = check }
    }

    init(
        _ paths: SegmentPaths, of log: LogIdentity, trust: SidecarTrust, access: Segment.Access,
        in fileSystem: any FileSystem
    ) {
        self.paths = paths
        identity = SegmentIdentity(log: log, baseOffset: paths.baseOffset)
        seed = identity.seed
        self.trust = trust
        self.access = access
        self.fileSystem = fileSystem
        state = Mutex(State())
    }

    /// What to hold batches against; nil when there is no sidecar that can be believed.
    ///
    /// A sidecar that cannot be read now is done without for once, and looked at again later.
    func check() -> SidecarCheck? {
        if let ready = state.withLock({ $0.ready }) { return ready.check }
        guard let look = try? self.look() else { return nil }
        guard let coverage = look.coverage, coverage.entryCount > 0 || look.isForeign else {
            state.withLock { if $0.look?.coverage == nil { $0.ready = Ready() } }
            return nil
        }
        var (mapping, changes) = state.withLock {
            ($0.mapping, self.changes.load(ordering: .relaxed))
        }
        if access == .mapped {
            let size = look.blockCount * SidecarLayout.blockSize
            if mapping.map({ $0.count < size }) ?? true {
                guard let made = try? map(size) else { return nil }
                mapping = made
                changes += 1
            }
        }
        let check = SidecarCheck(
            SidecarSource(path: paths.sidecar, fileSystem: fileSystem, mapping: mapping),
            coverage: coverage, seed: seed, isForeign: look.isForeign,
            blockCount: look.blockCount)
        state.withLock { state in
            guard self.changes.load(ordering: .relaxed) == changes,
                state.look?.coverage == coverage
            else { return }
            state.ready = Ready(check: check)
        }
        return check
    }

    /// The mapping leaves room for what is appended, so that it is made a few times and not with
    /// each block.
    private func map(_ size: Int) throws(FileError) -> MappedBytes {
        let file = try OpenFile(paths.sidecar, .read, in: fileSystem)
        let mapping = try file.map(size: ByteCount(size * 2))
        state.withLock { didChange(&$0, mapping) }
        return mapping
    }

    /// What the file holds; looked at once.
    /// - Throws: what reading it threw; nothing is remembered then.
    func look() throws(LogError) -> SidecarLook {
        if let look = state.withLock({ $0.look }) { return look }
        let look = try SidecarLook(of: self, in: fileSystem)
        return state.withLock { state in
            // The owner may have published meanwhile.
            if state.look == nil { change(&state, look, state.mapping) }
            return state.look ?? look
        }
    }

    /// What the file's seal says of the other files; nil where it is not to be believed.
    var seal: SidecarSeal? { (try? look())?.seal }

    /// Entries below `coverage.entryCount` stand in the file.
    func publish(_ coverage: SidecarCoverage) {
        let blockCount = SidecarLayout.blockCount(ofEntries: coverage.entryCount)
        state.withLock { state in
            state.known = .published(coverage, blockCount)
            didChange(&state, state.mapping)
        }
    }

    /// The file was sealed as it stands.
    func publish(_ coverage: SidecarCoverage, sealed seal: SidecarSeal) {
        let blockCount = SidecarLayout.blockCount(ofEntries: coverage.entryCount) + 1
        state.withLock { state in
            change(
                &state, SidecarLook(coverage: coverage, blockCount: blockCount, seal: seal),
                state.mapping)
        }
    }

    /// Makes sure that reads go on though another file gets the sidecar's name.
    func keepReadable() {
        guard access == .mapped, check() != nil, (try? look()) != nil else { return dismiss() }
    }

    /// Gives back what reads keep ready; what is known of the file stays.
    func letGo() { state.withLock { didChange(&$0, nil) } }

    /// Forgets what is known: the file was replaced, cut, or removed.
    func forget() { state.withLock { change(&$0, nil, nil) } }

    /// Goes without the sidecar from here on.
    func dismiss() {
        state.withLock { change(&$0, SidecarLook(coverage: nil, blockCount: 0), nil) }
    }
}
