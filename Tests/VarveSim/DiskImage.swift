import VarveSystem
import VarveTerms

/// A file in its two states.
struct StoredFile: Sendable {
    /// What processes read.
    var cached = FileContent()
    /// What a power cut leaves.
    var durable = FileContent()
    var modified: Timestamp
    var durableModified: Timestamp
    /// How many times writes were given up. A flush through an opening that knows of fewer
    /// reports it; an opening made before anybody was told does too (Linux: errseq_t).
    var failedFlushCount = 0
    var isFailureReported = true

    init(at time: Timestamp) {
        modified = time
        durableModified = time
    }

    /// Leaves what a power cut leaves.
    mutating func forgetWhatIsNotDurable() {
        durable.settle()
        durable.dropReservation()
        cached = durable
        modified = durableModified
        failedFlushCount = 0
        isFailureReported = true
    }
}

/// A directory in its two states.
struct StoredDirectory: Sendable {
    var names: [String: NodeID] = [:]
    var durableNames: [String: NodeID] = [:]
    var modified: Timestamp
}

/// All that a disk holds, seen and durable, and the atoms between the two. A value: copies share
/// what neither changes.
///
/// *Invariant*: a file's cached state is its durable state with all its atoms applied in order,
/// except for bytes that a failed flush gave up.
struct DiskImage: Sendable {
    static let root = NodeID(2)

    var files = NodeTable<StoredFile>()
    var directories = NodeTable<StoredDirectory>()
    private(set) var atoms: [Atom] = []
    private var nextNode: UInt64 = 3
    /// Whether there may be files or directories that no name leads to.
    private(set) var mayHaveOrphans = false
    let writeGranularity: DiskOptions.WriteGranularity
    let pathParts = PathParts()

    init(writeGranularity: DiskOptions.WriteGranularity, time: Timestamp) {
        directories.append(Self.root, StoredDirectory(modified: time))
        self.writeGranularity = writeGranularity
    }

    mutating func makeNode() -> NodeID {
        defer { nextNode += 1 }
        return NodeID(nextNode)
    }

    /// Carries out an operation: what processes see changes at once, what survives a cut later.
    mutating func perform(_ operation: DiskOperation) {
        switch operation.effect {
        case .write(let node, let position, let bytes):
            write(bytes, to: node, at: position, operation)
        case .resize(let node, let size):
            files[node]?.cached.resize(to: size)
            files[node]?.modified = operation.time
            append(.resize(node, size: size), operation)
        case .reserve(let node, let size): files[node]?.cached.reserve(size: size)
        case .flush(let node): flush(node)
        case .failedFlush(let node, let isTold): giveUpWrites(of: node, isTold: isTold)
        case .create(let key, let node):
            nextNode = max(nextNode, node.rawValue + 1)
            files[node] = StoredFile(at: operation.time)
            name(key, node, operation)
        case .makeDirectory(let key, let node):
            nextNode = max(nextNode, node.rawValue + 1)
            directories[node] = StoredDirectory(modified: operation.time)
            name(key, node, operation)
        case .removeFile(let key, let node), .removeDirectory(let key, let node):
            mayHaveOrphans = true
            directories[key.directory]?.names[key.name] = nil
            directories[key.directory]?.modified = operation.time
            append(.removed(key, node), operation)
        case .rename(let old, let new, let node):
            mayHaveOrphans = true
            directories[old.directory]?.names[old.name] = nil
            directories[new.directory]?.names[new.name] = node
            directories[old.directory]?.modified = operation.time
            directories[new.directory]?.modified = operation.time
            append(.renamed(from: old, to: new, node), operation)
        case .flushDirectory(let node):
            flushNames(of: node)
            if mayHaveOrphans {
                let reached = reachableNodes
                atoms.removeAll { atom in atom.file.map { !reached.contains($0) } ?? false }
            }
        }
    }

    private mutating func name(_ key: NameKey, _ node: NodeID, _ operation: DiskOperation) {
        directories[key.directory]?.names[key.name] = node
        directories[key.directory]?.modified = operation.time
        append(.added(key, node), operation)
    }

    private mutating func write(
        _ bytes: [UInt8], to node: NodeID, at position: Int, _ operation: DiskOperation
    ) {
        guard let size = files[node]?.cached.size else { return }
        let end = position + bytes.count
        files[node]?.cached.put(bytes, at: position)
        files[node]?.cached.grow(to: end)
        files[node]?.modified = operation.time
        if end > size { append(.growth(node, size: end), operation) }
        switch writeGranularity {
        case .wholeWrites: append(.bytes(node, position: position, bytes), operation)
        case .sectors:
            for part in Sector.parts(ofWriteAt: position, count: bytes.count) {
                append(
                    .bytes(node, position: position + part.lowerBound, Array(bytes[part])),
                    operation)
            }
        }
    }

    private mutating func append(_ change: Atom.Change, _ operation: DiskOperation) {
        atoms.append(
            Atom(
                ordinal: operation.ordinal, path: operation.path, time: operation.time,
                change: change))
    }
}

// MARK: - Becoming durable

extension DiskImage {
    private mutating func flush(_ node: NodeID) {
        for atom in atoms where atom.file == node { harden(atom) }
        atoms.removeAll { $0.file == node }
        files[node]?.durable.settle()
    }

    /// The pages count as clean from here on although the disk has their old bytes. Sizes belong
    /// to the inode, which stays dirty.
    private mutating func giveUpWrites(of node: NodeID, isTold: Bool) {
        atoms.removeAll { $0.file == node && $0.isBytes }
        files[node]?.failedFlushCount += 1
        files[node]?.isFailureReported = isTold
    }

    /// Makes the names in `directory` durable, and with them earlier changes of the same names
    /// elsewhere: a rename between directories is one atom of both.
    private mutating func flushNames(of directory: NodeID) {
        var due = [Bool](repeating: false, count: atoms.count)
        var touched: Set<NameKey> = []
        for slot in atoms.indices.reversed() {
            let names = atoms[slot].names
            guard names.contains(where: { $0.directory == directory || touched.contains($0) })
            else { continue }
            due[slot] = true
            touched.formUnion(names)
        }
        for slot in atoms.indices where due[slot] { harden(atoms[slot]) }
        atoms = atoms.indices.filter { !due[$0] }.map { atoms[$0] }
    }

    /// Applies an atom to the durable state.
    private mutating func harden(_ atom: Atom) {
        switch atom.change {
        case .bytes(let node, let position, let bytes):
            files[node]?.durable.put(bytes, at: position)
        case .growth(let node, let size): files[node]?.durable.grow(to: size)
        case .resize(let node, let size): files[node]?.durable.resize(to: size)
        case .added(let key, let node): directories[key.directory]?.durableNames[key.name] = node
        case .removed(let key, _): directories[key.directory]?.durableNames[key.name] = nil
        case .renamed(let old, let new, let node):
            directories[old.directory]?.durableNames[old.name] = nil
            directories[new.directory]?.durableNames[new.name] = node
        }
        if let node = atom.file { files[node]?.durableModified = atom.time }
    }

    /// What the disk holds after a power cut that the chosen atoms survived.
    func afterCut(keeping selection: AtomSelection, tearing tear: Tear?) -> DiskImage {
        var image = self
        let chosen = selection.choices(of: atoms.count)
        var torn: Int?
        if tear != nil { torn = atoms.indices.last { chosen[$0] && atoms[$0].isBytes } }
        var lostNames: Set<NameKey> = []
        for (slot, atom) in atoms.enumerated() {
            let names = atom.names
            guard chosen[slot], !names.contains(where: lostNames.contains) else {
                lostNames.formUnion(names)
                continue
            }
            if let torn, let tear, atom.ordinal == atoms[torn].ordinal, atom.file != nil {
                image.harden(atom, tornBy: tear, isTorn: slot == torn, write: atoms[torn])
            } else {
                image.harden(atom)
            }
        }
        image.atoms = []
        image.forgetWhatIsNotDurable()
        return image
    }

    /// Applies the torn write, or the growth that came with it.
    private mutating func harden(_ atom: Atom, tornBy tear: Tear, isTorn: Bool, write: Atom) {
        switch (atom.change, tear) {
        case (.bytes(let node, let position, let bytes), _) where isTorn:
            for part in tear.parts(ofWriteAt: position, count: bytes.count) {
                files[node]?.durable.put(bytes, part, at: position)
            }
            files[node]?.durableModified = atom.time
        case (.growth(let node, let size), .shorter(let count)):
            guard case .bytes(_, let position, _) = write.change else { return }
            files[node]?.durable.grow(to: min(size, position + max(count, 0)))
        default: harden(atom)
        }
    }

    /// Leaves the durable state alone: what no durable name reaches is gone.
    private mutating func forgetWhatIsNotDurable() {
        var reached = NodeSet(below: nextNode)
        var pending = [Self.root]
        while let node = pending.popLast() {
            guard reached.insert(node) else { continue }
            if let names = directories[node]?.durableNames { pending += names.values }
        }
        files.removeAll { !reached.contains($0) }
        directories.removeAll { !reached.contains($0) }
        files.forEachMutable { $0.forgetWhatIsNotDurable() }
        directories.forEachMutable { $0.names = $0.durableNames }
        mayHaveOrphans = false
    }

    /// Counts the operations of the atoms back from 0, for a life whose trace starts anew: −1 is
    /// the last operation of the life before.
    mutating func startNewLife(after operationCount: Int) {
        atoms = atoms.map { $0.renumbered(by: -operationCount) }
    }

    /// Makes everything that processes see durable.
    mutating func hardenEverything() {
        for atom in atoms { harden(atom) }
        atoms = []
        files.forEachMutable { $0.durable.settle() }
    }
}

// MARK: - Memory

extension DiskImage {
    /// Replaces what the page cache holds by what a fresh read of the disk would show, once all
    /// writes that are still pending have gone out: bytes that a failed flush gave up are the old
    /// ones again.
    mutating func evictCleanPages() {
        var image = self
        image.hardenEverything()
        for node in image.files.nodes {
            guard let durable = image.files[node]?.durable else { continue }
            let reservation = files[node]?.cached.reservedPageCount ?? 0
            files[node]?.cached = durable
            files[node]?.cached.reserve(size: reservation * FileContent.pageSize)
        }
    }

    /// What a name leads to, seen or durable, or may lead to again at a cut.
    private var reachableNodes: NodeSet {
        var reached = NodeSet(below: nextNode)
        reached.insert(Self.root)
        for directory in directories.values {
            for node in directory.names.values { reached.insert(node) }
            for node in directory.durableNames.values { reached.insert(node) }
        }
        for atom in atoms {
            switch atom.change {
            case .added(_, let node), .removed(_, let node), .renamed(_, _, let node):
                reached.insert(node)
            case .bytes, .growth, .resize: break
            }
        }
        return reached
    }

    /// Drops files and directories that neither a name nor an opening can reach any more.
    mutating func prune(keeping open: Set<NodeID>) {
        var reached = reachableNodes
        for node in open { reached.insert(node) }
        files.removeAll { !reached.contains($0) }
        directories.removeAll { !reached.contains($0) }
    }

    /// How many blocks the files take that have a name or stand in `open`.
    func usedPageCount(open: Set<NodeID>) -> Int {
        var counted = open
        for directory in directories.values { counted.formUnion(directory.names.values) }
        return counted.reduce(0) { $0 + (files[$1]?.cached.allocatedPageCount ?? 0) }
    }
}
