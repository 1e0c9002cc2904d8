internal import VarveSystem

extension MappedBytes {
    /// The same bytes with an owner of their own, which holds this one.
    ///
    /// References to one owner are counted in one place, over which threads that read at once would
    /// wait for each other; each has an owner of its own instead.
    func apart() -> MappedBytes {
        unsafe bytes(in: 0..<count).withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return self }
            return unsafe MappedBytes(base: base, count: count) { _, _ in
                withExtendedLifetime(self) {}
            }
        }
    }
}
