internal import VarveBytes
internal import VarveSystem
internal import VarveTerms

/// Where the bytes of a sidecar are: in a mapping, or in a file that is copied from piece by piece.
///
/// A class, since a check is copied for each read: one count goes up and not three.
final class SidecarSource: Sendable {
    let path: String
    let fileSystem: any FileSystem
    /// All of the file, where it may be mapped.
    let mapping: MappedBytes?

    init(path: String, fileSystem: any FileSystem, mapping: MappedBytes? = nil) {
        self.path = path
        self.fileSystem = fileSystem
        self.mapping = mapping
    }
}

/// One block of a sidecar, with the owner that keeps its bytes alive.
struct LentBlock: Sendable {
    fileprivate let owner: MappedBytes
    fileprivate let start: Int

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { owner.bytes(in: start..<start + SidecarLayout.blockSize) }
    }
}

/// A stretch of a sidecar's blocks, lent one at a time.
struct SidecarWindow: Sendable {
    let source: SidecarSource
    /// What was copied of a file that is not mapped.
    private var copy: MappedBytes?
    /// Which blocks can be had.
    private var blocks = 0..<0
    /// The block that was looked at last, so that its page can be read.
    private var touched = -1

    /// How many blocks are copied at a time.
    private static let stride = 16

    init(_ source: SidecarSource) {
        self.source = source
        if let mapping = source.mapping { blocks = 0..<mapping.count / SidecarLayout.blockSize }
    }

    /// A block; nil when its bytes cannot be had.
    mutating func lend(_ number: Int) -> LentBlock? {
        guard let held = hold(number) else { return nil }
        let lent = LentBlock(
            owner: held, start: (number - blocks.lowerBound) * SidecarLayout.blockSize)
        guard isReadable(number, lent.bytes) else { return nil }
        return lent
    }

    /// The bytes in which the block lies.
    private mutating func hold(_ number: Int) -> MappedBytes? {
        if !blocks.contains(number), !copyBlocks(from: number) { return nil }
        return source.mapping ?? copy
    }

    /// The first touch of mapped bytes is a guarded one. No page is smaller than a block, so bytes
    /// of one that can be read vouch for all of it.
    private mutating func isReadable(_ number: Int, _ bytes: RawSpan) -> Bool {
        if number == touched { return true }
        if source.mapping != nil, !GuardedBytes.areReadable(bytes) { return false }
        touched = number
        return true
    }

    private mutating func copyBlocks(from number: Int) -> Bool {
        guard number >= 0, source.mapping == nil,
            let file = try? OpenFile(source.path, .read, in: source.fileSystem),
            let fileSize = try? file.size().bytes
        else { return false }
        let size = SidecarLayout.blockSize
        // Most sidecars are far shorter than a stride, and memory that is not read into is cleared
        // for nothing.
        let count = max(0, min(Self.stride * size, fileSize - number * size))
        let copied = try? file.copyBytes(at: FilePosition(number * size), count: count)
        guard let copied, copied.count >= size else { return false }
        copy = copied
        blocks = number..<number + copied.count / size
        touched = -1
        return true
    }

    /// The header of a block that is whole.
    mutating func header(_ number: Int) -> SidecarBlock? {
        guard let lent = lend(number) else { return nil }
        return SidecarBlock(lent.bytes, number: number)
    }

    /// An entry by its number of all; nil when its bytes cannot be had. Nothing of its block is
    /// touched but the entry: a read at a random place meets one line of memory and not three.
    mutating func entry(_ slot: Int) -> SidecarEntry? {
        let number = SidecarLayout.block(ofSlot: slot)
        if !blocks.contains(number), !copyBlocks(from: number) { return nil }
        let place =
            SidecarLayout.place(ofSlot: slot) - blocks.lowerBound * SidecarLayout.blockSize
        // Lent from where they are kept: a reference more would be counted up and down.
        if let mapping = source.mapping { return entry(at: place, of: number, in: mapping) }
        return copy.map { SidecarEntry($0.bytes(in: 0..<$0.count), at: place) }
    }

    private mutating func entry(
        at place: Int, of number: Int, in mapping: MappedBytes
    ) -> SidecarEntry? {
        let bytes = mapping.bytes(in: place..<place + SidecarLayout.Entry.size)
        guard isReadable(number, bytes) else { return nil }
        return SidecarEntry(bytes, at: 0)
    }
}
