/// The bytes of one file, as pages that copies share until one of them is written.
///
/// A page that nobody wrote is a hole: it reads as zeros and takes no space. Bytes may stand past
/// `size` for a while (`put` does not move it), as blocks on a disk may lie past the length that
/// the inode knows; `settle` drops them.
struct FileContent: Sendable {
    /// The unit of space and of sharing, as ext4's block.
    static let pageSize = 4096

    private static let blankPage = [UInt8](repeating: 0, count: pageSize)

    private(set) var size = 0
    /// Pages below this one have their space whether they were written or not.
    private(set) var reservedPageCount = 0
    private var pages: [Int: [UInt8]] = [:]
    /// One past the last byte that was ever put; past `size` only between `put` and `settle`.
    private var reach = 0

    static func pageCount(of size: Int) -> Int {
        size / pageSize + (size % pageSize == 0 ? 0 : 1)
    }

    /// How many pages of space the file takes.
    var allocatedPageCount: Int {
        if reservedPageCount == 0 { return pages.count }
        return reservedPageCount + pages.keys.count { $0 >= reservedPageCount }
    }

    func isAllocated(page: Int) -> Bool { page < reservedPageCount || pages[page] != nil }

    /// Stores `bytes[part]`; the size stays as it is.
    /// - Parameter position: where the first byte of `bytes` belongs, whatever `part` says.
    mutating func put(_ bytes: [UInt8], _ part: Range<Int>, at position: Int) {
        var done = part.lowerBound
        while done < part.upperBound {
            let (page, start) = (position + done).quotientAndRemainder(dividingBy: Self.pageSize)
            let count = min(part.upperBound - done, Self.pageSize - start)
            pages[page, default: Self.blankPage].overwrite(
                at: start, with: bytes, done..<done + count)
            done += count
        }
        reach = max(reach, position + part.upperBound)
    }

    mutating func put(_ bytes: [UInt8], at position: Int) {
        put(bytes, bytes.indices, at: position)
    }

    /// Makes the file at least `size` bytes long; what was put there before is seen then.
    mutating func grow(to size: Int) { self.size = max(self.size, size) }

    /// Cuts everything past `size`, wherever it came from, and makes the file that long.
    mutating func resize(to size: Int) {
        self.size = size
        reservedPageCount = min(reservedPageCount, Self.pageCount(of: size))
        cut(at: size)
    }

    mutating func reserve(size: Int) {
        reservedPageCount = max(reservedPageCount, Self.pageCount(of: size))
    }

    mutating func dropReservation() { reservedPageCount = 0 }

    /// Drops the bytes past the end of the file.
    mutating func settle() { cut(at: size) }

    private mutating func cut(at end: Int) {
        guard reach > end else { return }
        reach = end
        let kept = Self.pageCount(of: end)
        for page in pages.keys where page >= kept { pages[page] = nil }
        let rest = end % Self.pageSize
        if rest > 0 { pages[kept - 1]?.zero(rest..<Self.pageSize) }
    }

    /// The bytes of `range`, zeros in holes and past the end.
    func bytes(in range: Range<Int>) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            unsafe copy(range, to: UnsafeMutableRawBufferPointer(buffer))
            count = range.count
        }
    }

    /// Fills `target` with the bytes of `range`, zeros in holes and past the end.
    func copy(_ range: Range<Int>, to target: UnsafeMutableRawBufferPointer) {
        var done = 0
        while done < range.count {
            let (page, start) = (range.lowerBound + done)
                .quotientAndRemainder(dividingBy: Self.pageSize)
            let count = min(range.count - done, Self.pageSize - start)
            let piece = unsafe UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count])
            if let bytes = pages[page] {
                unsafe bytes.withUnsafeBytes { source in
                    unsafe piece.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
                }
            } else {
                _ = unsafe piece.initializeMemory(as: UInt8.self, repeating: 0)
            }
            done += count
        }
    }
}

extension [UInt8] {
    /// Replaces the bytes from `start` on by `source[part]`.
    fileprivate mutating func overwrite(at start: Int, with source: [UInt8], _ part: Range<Int>) {
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { bytes in
                unsafe UnsafeMutableRawBufferPointer(
                    rebasing: target[start..<start + part.count]
                ).copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[part]))
            }
        }
    }

    fileprivate mutating func zero(_ part: Range<Int>) {
        for slot in part { self[slot] = 0 }
    }
}
