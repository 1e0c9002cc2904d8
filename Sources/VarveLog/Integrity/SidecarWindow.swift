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
    private let source: SidecarSource
    private var held: MappedBytes?
    /// Which blocks `held` has.
    private var blocks = 0..<0
    /// The block whose bytes were looked at last, so that they can be read.
    private var touched = -1

    /// How many blocks are copied at a time.
    private static let stride = 16

    init(_ source: SidecarSource) {
        self.source = source
        if let mapping = source.mapping {
            held = mapping
            blocks = 0..<mapping.count / SidecarLayout.blockSize
        }
    }

    /// A block; nil when its bytes cannot be had.
    mutating func lend(_ number: Int) -> LentBlock? {
        if !blocks.contains(number), !copy(number) { return nil }
        guard let held else { return nil }
        let lent = LentBlock(
            owner: held, start: (number - blocks.lowerBound) * SidecarLayout.blockSize)
        if number == touched { return lent }
        // The first touch of mapped bytes is a guarded one.
        if source.mapping != nil, !GuardedBytes.areReadable(lent.bytes) { return nil }
        touched = number
        return lent
    }

    private mutating func copy(_ number: Int) -> Bool {
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
        held = copied
        blocks = number..<number + copied.count / size
        touched = -1
        return true
    }

    /// The header of a block that is whole.
    mutating func header(_ number: Int) -> SidecarBlock? {
        guard let lent = lend(number) else { return nil }
        return SidecarBlock(lent.bytes, number: number)
    }

    /// An entry by its number of all; nil when its bytes cannot be had.
    mutating func entry(_ slot: Int) -> SidecarEntry? {
        let number = SidecarLayout.block(ofSlot: slot)
        guard let lent = lend(number) else { return nil }
        let place = SidecarLayout.place(ofSlot: slot) - number * SidecarLayout.blockSize
        return SidecarEntry(lent.bytes, at: place)
    }
}
