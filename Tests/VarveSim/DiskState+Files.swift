import VarveSystem
import VarveTerms

/// The calls on files. Each counts as a call, meets its fault, checks what Linux checks, acts.
extension DiskState {
    mutating func open(
        _ path: String, _ mode: OpenMode, _ time: Timestamp
    ) throws(FileError) -> FileID {
        try admit(.open, path)
        let place = try image.place(of: path, for: .open)
        if let node = place.node {
            if mode == .createNew { throw FileError(.open, path, .exists) }
            guard image.files[node] != nil else { throw FileError(.open, path, .isDirectory) }
            return addOpening(of: node, path, mode)
        }
        guard mode == .readWriteOrCreate || mode == .createNew, let key = place.key else {
            throw FileError(.open, path, .notFound)
        }
        guard !path.hasSuffix("/") else { throw FileError(.open, path, .isDirectory) }
        let node = image.makeNode()
        perform(.create(key, node), path, time)
        return addOpening(of: node, path, mode)
    }

    mutating func close(_ file: FileID) throws(FileError) {
        let opening = try opening(file, .close)
        removeOpening(file)
        try admit(.close, opening.path)
    }

    mutating func status(of file: FileID) throws(FileError) -> FileStatus {
        let opening = try opening(file, .look)
        try admit(.look, opening.path)
        return status(of: opening.node)
    }

    func status(of node: NodeID) -> FileStatus {
        let file = image.files[node]
        let modified = file?.modified ?? image.directories[node]?.modified
        return FileStatus(
            kind: file == nil ? .directory : .file, size: ByteCount(file?.cached.size ?? 0),
            modified: modified ?? .none,
            identity: FileIdentity(device: 1, node: node.rawValue))
    }

    mutating func read(
        _ file: FileID, count: Int, at position: FilePosition
    ) throws(FileError) -> [UInt8] {
        let opening = try opening(file, .read)
        try admit(.read, opening.path, at: position)
        guard let content = image.files[opening.node]?.cached else { return [] }
        let start = min(position.bytes, content.size)
        let count = faults.transferSize(of: min(count, content.size - start))
        return content.bytes(in: start..<start + count)
    }

    mutating func write(
        _ file: FileID, _ bytes: [UInt8], at position: FilePosition, _ time: Timestamp
    ) throws(FileError) -> Int {
        let opening = try opening(file, .write)
        let path = opening.path
        try admit(.write, path, at: position)
        guard opening.mode != .read else { throw FileError(.write, path, .badFile, at: position) }
        if bytes.isEmpty { return 0 }
        let asked = faults.transferSize(of: bytes.count)
        let (sizeLeft, overflow) = options.fileSizeMax.bytes
            .subtractingReportingOverflow(position.bytes)
        guard !overflow, sizeLeft > 0 else {
            throw FileError(.write, path, .fileTooLarge, at: position)
        }
        let count = room(for: min(asked, sizeLeft), at: position.bytes, in: opening.node)
        guard count > 0 else { throw FileError(.write, path, .noSpace, at: position) }
        let taken = count == bytes.count ? bytes : Array(bytes[..<count])
        perform(.write(opening.node, position: position.bytes, taken), path, time)
        return count
    }

    mutating func resize(
        _ file: FileID, to size: ByteCount, _ time: Timestamp
    ) throws(FileError) {
        let opening = try opening(file, .resize)
        try admit(.resize, opening.path)
        guard opening.mode != .read else { throw FileError(.resize, opening.path, .invalid) }
        guard size <= options.fileSizeMax else {
            throw FileError(.resize, opening.path, .fileTooLarge)
        }
        perform(.resize(opening.node, size: size.bytes), opening.path, time)
    }

    mutating func reserve(
        _ file: FileID, size: ByteCount, _ time: Timestamp
    ) throws(FileError) {
        let opening = try opening(file, .reserve)
        try admit(.reserve, opening.path)
        guard opening.mode != .read else { throw FileError(.reserve, opening.path, .badFile) }
        guard size.bytes > 0 else { throw FileError(.reserve, opening.path, .invalid) }
        guard size <= options.fileSizeMax else {
            throw FileError(.reserve, opening.path, .fileTooLarge)
        }
        guard hasRoom(toReserve: size.bytes, in: opening.node) else {
            throw FileError(.reserve, opening.path, .noSpace)
        }
        perform(.reserve(opening.node, size: size.bytes), opening.path, time)
    }

    mutating func flush(_ file: FileID, _ time: Timestamp) throws(FileError) {
        let opening = try opening(file, .flush)
        if let error = faults.count(.flush, opening.path) {
            perform(.failedFlush(opening.node, isTold: true), opening.path, time)
            _ = learnFailures(file)
            throw FileError(.flush, opening.path, error)
        }
        perform(.flush(opening.node), opening.path, time)
        if learnFailures(file) { throw FileError(.flush, opening.path, .inputOutput) }
    }

    mutating func lock(_ file: FileID) throws(FileError) -> LockOutcome {
        let opening = try opening(file, .lock)
        try admit(.lock, opening.path)
        // F_OFD_SETLK: an exclusive lock needs a file open for writing.
        guard opening.mode != .read else { throw FileError(.lock, opening.path, .badFile) }
        return takeLock(file, opening.node)
    }

    mutating func map(
        _ file: FileID, size: ByteCount
    ) throws(FileError) -> (SimulatedMapping, NodeID) {
        let opening = try opening(file, .map)
        try admit(.map, opening.path)
        guard size.bytes > 0 else { throw FileError(.map, opening.path, .invalid) }
        guard size <= options.mappingSizeMax else { throw FileError(.map, opening.path, .noMemory) }
        return (addMapping(of: opening.node, size: size.bytes), opening.node)
    }
}
