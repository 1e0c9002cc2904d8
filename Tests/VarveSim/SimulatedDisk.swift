import Synchronization
public import VarveSystem
public import VarveTerms

/// A disk in memory that forgets, at a power cut, whatever it may.
///
/// The engine's own code runs on it in tests. Everything has two states: *seen*, what running
/// processes read, and *durable*, what a power cut leaves. Each change is seen at once and stays an
/// `Atom` until a flush makes it durable; at a cut any selection of atoms survives.
///
/// | call | atoms that it makes | what makes them durable |
/// |---|---|---|
/// | `open` that makes a file | its name | `flushDirectory` of the parent |
/// | `write` | the bytes; growth, if the file got longer | `flush` of the file |
/// | `resize` | the resize | `flush` of the file |
/// | `reserve` | none: a reservation does not survive | |
/// | `makeDirectory` | its name | `flushDirectory` of the parent |
/// | `removeFile`, `removeDirectory` | the removal of the name | `flushDirectory` of the parent |
/// | `rename` | one: the old name or the new one | `flushDirectory` of either parent |
///
/// What a cut leaves of a file is its bytes as far as its durable size reaches: bytes without the
/// growth are lost, growth without the bytes shows zeros, an un-flushed name takes flushed bytes
/// with it. Changes of one name survive in order; everything else survives in any.
///
/// A flush that fails gives the un-flushed bytes up: reads go on to show them, the next flush
/// succeeds without writing them, and a cut shows the old ones. `README.md` compares with Linux.
///
/// Each life of the disk is an object: `crash` and `processDeath` give a new one, with nothing open
/// and no fault laid, and leave this one as it was, so that many futures start from one moment.
///
/// *Threads*: any; one lock guards all.
public final class SimulatedDisk: FileSystem {
    /// Times of modification come from here. New lives share it.
    public let clock: SimulatedClock
    let state: Mutex<DiskState>

    /// An empty disk with a durable root directory.
    public convenience init(
        options: DiskOptions = DiskOptions(), clock: SimulatedClock = SimulatedClock()
    ) {
        let image = DiskImage(
            writeGranularity: options.writeGranularity, time: clock.wallClock())
        self.init(image, options, clock)
    }

    init(_ image: DiskImage, _ options: DiskOptions, _ clock: SimulatedClock) {
        self.clock = clock
        state = Mutex(DiskState(image, options))
    }

    /// How many bytes fit, in whole blocks of 4,096; nil for any number. May be moved at any time:
    /// what is stored stays, whatever the number.
    public var capacity: ByteCount? {
        get { state.withLock { $0.options.capacity } }
        set { state.withLock { $0.options.capacity = newValue } }
    }
}

// MARK: - FileSystem, files

extension SimulatedDisk {
    public func open(_ path: String, _ mode: OpenMode) throws(FileError) -> FileID {
        let time = clock.wallClock()
        return try state.withLock { state throws(FileError) in try state.open(path, mode, time) }
    }

    public func close(_ file: FileID) throws(FileError) {
        try state.withLock { state throws(FileError) in try state.close(file) }
    }

    public func status(of file: FileID) throws(FileError) -> FileStatus {
        try state.withLock { state throws(FileError) in try state.status(of: file) }
    }

    public func read(
        _ file: FileID, into buffer: inout MutableRawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let count = buffer.byteCount
        let bytes = try state.withLock { state throws(FileError) in
            try state.read(file, count: count, at: position)
        }
        unsafe buffer.withUnsafeMutableBytes { unsafe $0.copyBytes(from: bytes) }
        return bytes.count
    }

    public func write(
        _ file: FileID, _ bytes: RawSpan, at position: FilePosition
    ) throws(FileError) -> Int {
        let time = clock.wallClock()
        let copy = unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) }
        return try state.withLock { state throws(FileError) in
            try state.write(file, copy, at: position, time)
        }
    }

    public func resize(_ file: FileID, to size: ByteCount) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in
            try state.resize(file, to: size, time)
        }
    }

    public func reserve(_ file: FileID, size: ByteCount) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in
            try state.reserve(file, size: size, time)
        }
    }

    public func flush(_ file: FileID) throws(FileError) {
        let duration = flushDuration
        if duration > .zero { clock.advance(by: duration) }
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in try state.flush(file, time) }
    }

    /// Counted, and nothing else: a power cut leaves any part of what was not flushed, whoever had
    /// begun to write it out.
    public func beginWritingOut(_ file: FileID) { state.withLock { $0.writingOutCount += 1 } }

    public func lock(_ file: FileID) throws(FileError) -> LockOutcome {
        try state.withLock { state throws(FileError) in try state.lock(file) }
    }

    public func map(_ file: FileID, size: ByteCount) throws(FileError) -> MappedBytes {
        let (mapping, node) = try state.withLock { state throws(FileError) in
            try state.map(file, size: size)
        }
        return unsafe MappedBytes(base: mapping.start, count: size.bytes) { [weak self] _, _ in
            self?.state.withLock { $0.removeMapping(mapping, of: node) }
        }
    }
}

// MARK: - FileSystem, names

extension SimulatedDisk {
    public func status(at path: String) throws(FileError) -> FileStatus? {
        try state.withLock { state throws(FileError) in try state.status(at: path) }
    }

    public func entries(of directory: String) throws(FileError) -> [DirectoryEntry] {
        try state.withLock { state throws(FileError) in try state.entries(of: directory) }
    }

    public func makeDirectory(_ path: String) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in try state.makeDirectory(path, time) }
    }

    public func removeDirectory(_ path: String) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in try state.removeDirectory(path, time) }
    }

    public func rename(_ path: String, to newPath: String) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in
            try state.rename(path, to: newPath, time)
        }
    }

    public func removeFile(_ path: String) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in try state.removeFile(path, time) }
    }

    public func flushDirectory(_ directory: String) throws(FileError) {
        let time = clock.wallClock()
        try state.withLock { state throws(FileError) in
            try state.flushDirectory(directory, time)
        }
    }

    public func freeSpace(at path: String) throws(FileError) -> ByteCount {
        try state.withLock { state throws(FileError) in try state.freeSpace(at: path) }
    }
}
