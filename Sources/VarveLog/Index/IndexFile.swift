internal import Synchronization
internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// The file of one index, as readers and the writer share it: its entries are mapped at the first
/// look-up, and their count is published by whoever appends.
///
/// *Threads*: any thread may read; one writer appends (`SegmentWriter`).
final class IndexFile: Sendable {
    private let paths: SegmentPaths
    private let content: SegmentFileName.Content
    /// How entries are read: a mapping must not outlive bytes that another process cuts off.
    private let access: Segment.Access
    /// What knows what the file was when its segment was sealed.
    private let sidecar: SegmentSidecar?
    private let fileSystem: any FileSystem
    /// Bytes of lawful entries; negative until somebody looked. Changed under the lock.
    private let size = Atomic<Int>(-1)
    private let mapped = Mutex<MappedBytes?>(nil)

    init(
        _ paths: SegmentPaths, _ content: SegmentFileName.Content, access: Segment.Access,
        sidecar: SegmentSidecar?, in fileSystem: any FileSystem
    ) {
        (self.paths, self.content) = (paths, content)
        self.access = access
        self.sidecar = sidecar
        self.fileSystem = fileSystem
    }

    private var entrySize: Int {
        content == .index ? OffsetIndexLayout.entrySize : TimeIndexLayout.entrySize
    }

    /// What the file was when its segment was sealed, where that is known.
    private var sealed: FileSeal? {
        let seal = sidecar?.seal
        return content == .index ? seal?.offsetIndex : seal?.timeIndex
    }

    /// How many bytes of lawful entries there are, where that is known.
    var knownSize: Int? {
        let size = self.size.load(ordering: .acquiring)
        return size < 0 ? nil : size
    }

    /// Entries below `size` bytes are lawful and stand in the file.
    func publish(size: Int) {
        mapped.withLock { _ in self.size.store(size, ordering: .releasing) }
    }

    /// Forgets the mapping and the count: the file was replaced or cut.
    func forget() {
        mapped.withLock { mapping in
            mapping = nil
            size.store(-1, ordering: .releasing)
        }
    }

    /// Lends the entries to `body`. The first use maps the file and asks `lawfulSize` how far its
    /// bytes are lawful. A missing file has no entries.
    /// - Parameter sizeMax: how large the file can become, so that it is mapped once.
    func withEntries<Value>(
        sizeMax: Int,
        lawfulSize: (RawSpan) -> Int,
        _ body: (RawSpan) -> Value
    ) throws(LogError) -> Value {
        let (mapping, size) = try entries(sizeMax: sizeMax, lawfulSize: lawfulSize)
        guard let mapping, size > 0 else { return body(RawSpan()) }
        return body(mapping.bytes(in: 0..<size))
    }

    /// The entries, which are those below `size` bytes, with the owner that keeps them alive.
    func entries(
        sizeMax: Int, lawfulSize: (RawSpan) -> Int
    ) throws(LogError) -> (bytes: MappedBytes?, size: Int) {
        let known = mapped.withLock { ($0, knownSize) }
        if let size = known.1, size == 0 { return (nil, 0) }
        if let mapping = known.0, let size = known.1, size <= mapping.count {
            return (mapping, size)
        }
        let (mapping, fileSize) = try map(sizeMax: max(sizeMax, known.1 ?? 0))
        guard let mapping else {
            publish(size: 0)
            return (nil, 0)
        }
        // The first touch of mapped bytes is a guarded one. An index that cannot be read, or is
        // shorter than what its writer put there, is done without: reads walk further.
        let whole = mapping.bytes(in: 0..<min(fileSize / entrySize * entrySize, mapping.count))
        guard let crc = CRC32C.checksum(mapped: whole) else { return (nil, 0) }
        // So is one that is not what was sealed; the next opening makes it anew.
        if known.1 == nil, let sealed, sealed != FileSeal(size: fileSize, crc: crc) {
            publish(size: 0)
            return (nil, 0)
        }
        let size = known.1 ?? lawfulSize(whole)
        guard size <= whole.byteCount else { return (nil, 0) }
        return mapped.withLock { mapped in
            mapped = mapping
            self.size.store(max(knownSize ?? 0, size), ordering: .releasing)
            return (mapping, size)
        }
    }

    private func map(sizeMax: Int) throws(LogError) -> (MappedBytes?, Int) {
        do {
            let path = paths.path(content)
            guard try fileSystem.status(at: path) != nil else { return (nil, 0) }
            let file = try OpenFile(path, .read, in: fileSystem)
            let size = try file.size().bytes
            switch access {
            case .mapped: return (try file.map(size: ByteCount(max(size, sizeMax))), size)
            case .copied:
                let copy = try file.copyBytes(at: .zero, count: min(size, sizeMax))
                return (copy, copy.count)
            }
        } catch {
            throw .file(error)
        }
    }
}
