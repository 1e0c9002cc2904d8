import Synchronization

extension SimulatedDisk {
    /// A number of what processes see: names and contents, not times. Disks that hold the same have
    /// the same one, whatever led there; it is good for this process only.
    public var fingerprint: UInt64 { state.withLock { $0.image.fingerprint(of: .seen) } }

    /// A number of what processes see, of what a power cut leaves at least, and of what is pending.
    public var wholeFingerprint: UInt64 {
        state.withLock { state in
            let (seen, durable) = (
                state.image.fingerprint(of: .seen), state.image.fingerprint(of: .durable)
            )
            let pending = UInt64(state.image.atoms.count)
            return WordSum.worth(of: seen, at: 1) &+ WordSum.worth(of: durable, at: 2)
                &+ WordSum.worth(of: pending &+ 1, at: 3)
        }
    }
}

extension DiskImage {
    /// Which of its two states.
    enum Face { case seen, durable }

    func fingerprint(of face: Face) -> UInt64 { fingerprint(of: Self.root, face) }

    /// Names come in no order, so that theirs are added up.
    private func fingerprint(of node: NodeID, _ face: Face) -> UInt64 {
        if files.contains(node) {
            let content = face == .seen ? files[node]?.cached : files[node]?.durable
            return content?.fingerprint ?? 0
        }
        let directory = directories[node]
        var sum: UInt64 = 1
        for (name, child) in (face == .seen ? directory?.names : directory?.durableNames) ?? [:] {
            var hash = fingerprint(of: child, face)
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            sum &+= WordSum.worth(of: hash | 1, at: name.utf8.count) &+ hash
        }
        return sum
    }
}
