import VarveSystem
import VarveTerms

/// One life of a disk: what it holds, and what the running process has open.
struct DiskState: Sendable {
    struct Opening: Sendable {
        var node: NodeID
        var path: String
        var mode: OpenMode
        /// How many failed flushes of the file this opening was told of.
        var knownFailureCount: Int
    }

    var image: DiskImage
    var options: DiskOptions
    var faults = Faults()
    var flushDuration = Duration.zero
    var writingOutCount = 0
    var trace: DiskTrace
    private(set) var openings: [FileID: Opening] = [:]
    private var nextFile: Int32 = 3
    private var lockHolders: [NodeID: FileID] = [:]
    private var mappings: [NodeID: [SimulatedMapping]] = [:]

    init(_ image: DiskImage, _ options: DiskOptions) {
        self.image = image
        self.options = options
        trace = DiskTrace(base: image, options: options)
    }

    /// Counts the call, and fails it when a fault was laid for it.
    mutating func admit(
        _ operation: FileError.Operation, _ path: String, at position: FilePosition? = nil
    ) throws(FileError) {
        if let error = faults.count(operation, path) {
            throw FileError(operation, path, error, at: position)
        }
    }

    /// Carries the operation out, records it, and shows it to the mappings of the file.
    mutating func perform(_ effect: DiskOperation.Effect, _ path: String, _ time: Timestamp) {
        let operation = DiskOperation(
            ordinal: trace.count, path: path, time: time, effect: effect)
        trace.operations.append(operation)
        switch effect {
        case .write(let node, let position, let bytes):
            let size = image.files[node]?.cached.size ?? 0
            image.perform(operation)
            show(node, changed: min(size, position)..<position + bytes.count)
        case .resize(let node, let newSize):
            let size = image.files[node]?.cached.size ?? 0
            image.perform(operation)
            show(node, changed: min(size, newSize)..<max(size, newSize))
        default: image.perform(operation)
        }
    }
}

extension DiskState {
    /// Forgets the operations so far: replays start from the disk as it is now.
    mutating func startTraceAnew() {
        image.startNewLife(after: trace.count)
        trace = DiskTrace(base: image, options: options)
    }
}

// MARK: - Openings, locks, mappings

extension DiskState {
    func opening(
        _ file: FileID, _ operation: FileError.Operation
    ) throws(FileError) -> Opening {
        guard let opening = openings[file] else {
            throw FileError(operation, "file \(file.rawValue), which is not open", .badFile)
        }
        return opening
    }

    mutating func addOpening(of node: NodeID, _ path: String, _ mode: OpenMode) -> FileID {
        let id = FileID(nextFile)
        nextFile += 1
        let stored = image.files[node]
        let failureCount = stored?.failedFlushCount ?? 0
        openings[id] = Opening(
            node: node, path: path, mode: mode,
            knownFailureCount: stored?.isFailureReported ?? true ? failureCount : failureCount - 1)
        return id
    }

    mutating func removeOpening(_ file: FileID) {
        guard let opening = openings.removeValue(forKey: file) else { return }
        if lockHolders[opening.node] == file { lockHolders[opening.node] = nil }
    }

    /// Marks the failures of the file as told.
    /// - Returns: whether there was one that this opening did not know of.
    mutating func learnFailures(_ file: FileID) -> Bool {
        guard let opening = openings[file], let stored = image.files[opening.node],
            stored.failedFlushCount != opening.knownFailureCount
        else { return false }
        openings[file]?.knownFailureCount = stored.failedFlushCount
        image.files[opening.node]?.isFailureReported = true
        return true
    }

    mutating func takeLock(_ file: FileID, _ node: NodeID) -> LockOutcome {
        if let holder = lockHolders[node], holder != file { return .heldBy(processID: nil) }
        lockHolders[node] = file
        return .acquired
    }

    mutating func addMapping(of node: NodeID, size: Int) -> SimulatedMapping {
        let mapping = SimulatedMapping(
            image.files[node]?.cached ?? FileContent(), size: size)
        mappings[node, default: []].append(mapping)
        return mapping
    }

    mutating func removeMapping(_ mapping: SimulatedMapping, of node: NodeID) {
        mappings[node]?.removeAll { $0 === mapping }
        if mappings[node]?.isEmpty ?? false { mappings[node] = nil }
    }

    /// The mapping of a file that was made first.
    func mapping(of node: NodeID) -> SimulatedMapping? { mappings[node]?.first }

    func show(_ node: NodeID, changed: Range<Int>) {
        guard let live = mappings[node], let content = image.files[node]?.cached else { return }
        for mapping in live { mapping.update(from: content, changed: changed) }
    }

    /// Shows whole files to their mappings, after changes that are no operations.
    func showEverything() {
        for node in mappings.keys { show(node, changed: 0..<(image.files[node]?.cached.size ?? 0)) }
    }

    /// Files that stay although no name leads to them.
    var openNodes: Set<NodeID> { Set(openings.values.map(\.node)).union(mappings.keys) }
}

// MARK: - Space

extension DiskState {
    /// Blocks that are free; nil when there is no end to them.
    private var freePageCount: Int? {
        options.capacity.map {
            max(0, $0.bytes / FileContent.pageSize - image.usedPageCount(open: openNodes))
        }
    }

    var freeSize: ByteCount {
        let unlimited = ByteCount.gib(1 << 20)
        return freePageCount.map { ByteCount($0 * FileContent.pageSize) } ?? unlimited
    }

    /// How many of `count` bytes find space.
    func room(for count: Int, at position: Int, in node: NodeID) -> Int {
        guard var free = freePageCount, let content = image.files[node]?.cached else {
            return count
        }
        var page = position / FileContent.pageSize
        while page * FileContent.pageSize < position + count {
            if !content.isAllocated(page: page) {
                if free == 0 { return max(0, page * FileContent.pageSize - position) }
                free -= 1
            }
            page += 1
        }
        return count
    }

    func hasRoom(toReserve size: Int, in node: NodeID) -> Bool {
        guard let free = freePageCount, var content = image.files[node]?.cached else { return true }
        let before = content.allocatedPageCount
        content.reserve(size: size)
        return content.allocatedPageCount - before <= free
    }
}
