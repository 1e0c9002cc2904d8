import Synchronization

extension SimulatedDisk {
    /// Lends the memory of the oldest live mapping of a file: what is changed there is what readers
    /// see, as if the disk had returned other bytes, while the file stays as it is. The way to make
    /// millions of damages, since nothing is copied.
    ///
    /// - Returns: nil where the file is not mapped.
    public func withMapping<Value>(
        of path: String, _ body: (UnsafeMutableRawBufferPointer) -> Value
    ) -> Value? {
        let mapping = state.withLock { state in
            state.node(at: path).flatMap { state.mapping(of: $0) }
        }
        return mapping.map { unsafe body($0.memory) }
    }
}
