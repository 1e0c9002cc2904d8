public import VarveTerms

extension MappedBytes {
    /// Owned memory instead of a mapping: `size` bytes that `fill` writes, of which as many as it
    /// answers are kept. The memory starts on a 64-byte boundary.
    public static func copying<Failure: Error>(
        size: Int, _ fill: (inout MutableRawSpan) throws(Failure) -> Int
    ) throws(Failure) -> MappedBytes {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: 64)
        do {
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
            var target = unsafe MutableRawSpan(_unsafeStart: memory, byteCount: size)
            let count = try fill(&target)
            return unsafe MappedBytes(base: UnsafeRawPointer(memory), count: count) { base, _ in
                unsafe base.deallocate()
            }
        } catch {
            unsafe memory.deallocate()
            throw error
        }
    }
}

extension OpenFile {
    /// A copy of up to `count` bytes from `position` on; fewer where the file ends.
    public func copyBytes(at position: FilePosition, count: Int) throws(FileError) -> MappedBytes {
        try MappedBytes.copying(size: count) { target throws(FileError) in
            try read(into: &target, at: position)
        }
    }
}
