/// The bytes of one file, as pages that copies share until one of them is written.
///
/// A page that nobody wrote is a hole: it reads as zeros and takes no space. Bytes may stand past
/// `size` for a while (`put` does not move it), as blocks on a disk may lie past the length that
/// the inode knows; `settle` drops them.
struct FileContent: Sendable {
    /// The unit of space and of sharing, as ext4's block.
    static let pageSize = 4096

    private struct Page {
        let number: Int
        var bytes: [UInt8]
    }

    private(set) var size = 0
    /// Pages below this one have their space whether they were written or not.
    private(set) var reservedPageCount = 0
    /// In the order of their numbers.
    private var pages: [Page] = []
    /// One past the last byte that was ever put; past `size` only between `put` and `settle`.
    private var reach = 0
    /// The sum of what each word of the pages is worth (`WordSum`), kept up at each change.
    private var sum: UInt64 = 0

    static func pageCount(of size: Int) -> Int {
        size / pageSize + (size % pageSize == 0 ? 0 : 1)
    }

    /// How many pages of space the file takes.
    var allocatedPageCount: Int {
        if reservedPageCount == 0 { return pages.count }
        return reservedPageCount + pages.count { $0.number >= reservedPageCount }
    }

    func isAllocated(page: Int) -> Bool { page < reservedPageCount || slot(of: page) != nil }

    /// Equal for contents of equal size and bytes, as long as nothing stands past the size.
    var fingerprint: UInt64 { WordSum.worth(of: UInt64(size) &+ 1, at: -1) &+ sum }

    /// The first place whose page is not below `page`.
    private func place(of page: Int) -> Int {
        var place = pages.count
        while place > 0, pages[place - 1].number >= page { place -= 1 }
        return place
    }

    private func slot(of page: Int) -> Int? {
        let place = place(of: page)
        return place < pages.count && pages[place].number == page ? place : nil
    }

    /// Stores `bytes[part]`; the size stays as it is.
    /// - Parameter position: where the first byte of `bytes` belongs, whatever `part` says.
    mutating func put(_ bytes: [UInt8], _ part: Range<Int>, at position: Int) {
        var done = part.lowerBound
        while done < part.upperBound {
            let (page, start) = (position + done).quotientAndRemainder(dividingBy: Self.pageSize)
            let count = min(part.upperBound - done, Self.pageSize - start)
            let source = done..<done + count
            unsafe change(page, start..<start + count) { target in
                unsafe bytes.withUnsafeBytes { bytes in
                    unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[source]))
                }
            }
            done += count
        }
        reach = max(reach, position + part.upperBound)
    }

    mutating func put(_ bytes: [UInt8], at position: Int) {
        put(bytes, bytes.indices, at: position)
    }

    /// Changes a part of a page, which is made if it is a hole.
    private mutating func change(
        _ page: Int, _ part: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) -> Void
    ) {
        let slot = place(of: page)
        if slot == pages.count || pages[slot].number != page {
            let blank = [UInt8](repeating: 0, count: Self.pageSize)
            pages.insert(Page(number: page, bytes: blank), at: slot)
        }
        let base = page * Self.pageSize
        var (before, after): (UInt64, UInt64) = (0, 0)
        unsafe pages[slot].bytes.withUnsafeMutableBytes { bytes in
            before = unsafe WordSum.sum(of: UnsafeRawBufferPointer(bytes), part, base: base)
            unsafe body(UnsafeMutableRawBufferPointer(rebasing: bytes[part]))
            after = unsafe WordSum.sum(of: UnsafeRawBufferPointer(bytes), part, base: base)
        }
        sum = sum &- before &+ after
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
        while let last = pages.last, last.number >= kept {
            let base = last.number * Self.pageSize
            let worth = unsafe last.bytes.withUnsafeBytes { bytes in
                unsafe WordSum.sum(of: bytes, bytes.indices, base: base)
            }
            sum = sum &- worth
            pages.removeLast()
        }
        let rest = end % Self.pageSize
        guard rest > 0, slot(of: kept - 1) != nil else { return }
        unsafe change(kept - 1, rest..<Self.pageSize) { bytes in
            _ = unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
        }
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
            if let slot = slot(of: page) {
                unsafe pages[slot].bytes.withUnsafeBytes { source in
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

/// A hash of a file that costs as much as what is written, not as what is there: each word of eight
/// bytes is worth a number that its place and its bytes decide, zeros nothing, and the hash is the
/// sum.
enum WordSum {
    static func worth(of word: UInt64, at place: Int) -> UInt64 {
        if word == 0 { return 0 }
        let key = UInt64(bitPattern: Int64(place)) &* 0x9E37_79B9_7F4A_7C15 ^ 0xD6E8_FEB8_6659_FD93
        let (high, low) = (word ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: key | 1)
        let mixed = high ^ low ^ word &* 0xE703_7ED1_A0B4_28DB
        return (mixed ^ mixed >> 29) &* 0x8EBC_6AF0_9C88_C6E3 ^ key
    }

    /// The sum over all words that `part` of a page touches.
    /// - Parameter base: where the page begins in its file, a multiple of 8.
    static func sum(of page: UnsafeRawBufferPointer, _ part: Range<Int>, base: Int) -> UInt64 {
        var sum: UInt64 = 0
        var start = part.lowerBound & ~7
        while start < part.upperBound {
            let word = unsafe page.loadUnaligned(fromByteOffset: start, as: UInt64.self)
            sum &+= worth(of: word, at: (base + start) / 8)
            start += 8
        }
        return sum
    }
}
