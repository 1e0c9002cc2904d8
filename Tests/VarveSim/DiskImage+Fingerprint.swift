import Synchronization

extension SimulatedDisk {
    /// A number of what processes see: names and contents, not times. Disks that hold the same have
    /// the same one, whatever led there; it is good for this process only.
    public var fingerprint: UInt64 { state.withLock { $0.image.fingerprint } }
}

extension DiskImage {
    var fingerprint: UInt64 { fingerprint(of: Self.root) }

    /// Names come in no order, so that theirs are added up.
    private func fingerprint(of node: NodeID) -> UInt64 {
        if let file = files[node] { return file.cached.fingerprint }
        var sum: UInt64 = 0
        for (name, child) in directories[node]?.names ?? [:] {
            var hasher = Hasher()
            hasher.combine(name)
            hasher.combine(fingerprint(of: child))
            sum &+= UInt64(bitPattern: Int64(hasher.finalize()))
        }
        return sum
    }
}

extension FileContent {
    var fingerprint: UInt64 {
        var hasher = Hasher()
        hasher.combine(size)
        let bytes = bytes(in: 0..<size)
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
