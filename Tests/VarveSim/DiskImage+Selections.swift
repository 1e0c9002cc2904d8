extension DiskImage {
    /// Which of the chosen atoms make a difference after a cut. What is left out by the rules of
    /// names, what lies in a file that no name leads to, and bytes past the end of their file do
    /// not: without them the same disk is left.
    func effective(_ chosen: [Bool]) -> [Bool] {
        var chosen = chosen
        var lostNames: Set<NameKey> = []
        var reached: Set<NodeID> = []
        for (slot, atom) in atoms.enumerated() where atom.file == nil {
            let names = atom.names
            guard chosen[slot], !names.contains(where: lostNames.contains) else {
                chosen[slot] = false
                lostNames.formUnion(names)
                continue
            }
            switch atom.change {
            case .added(_, let node), .renamed(_, _, let node): reached.insert(node)
            default: break
            }
        }
        let sizes = sizes(after: chosen)
        for (slot, atom) in atoms.enumerated() where chosen[slot] {
            guard let node = atom.file else { continue }
            if !hasDurableName(node), !reached.contains(node) {
                chosen[slot] = false
            } else if case .bytes(_, let position, _) = atom.change, let size = sizes[node],
                position >= size
            {
                chosen[slot] = false
            }
        }
        return chosen
    }

    /// How long files are after a cut, as far as they are written to and only ever grow.
    private func sizes(after chosen: [Bool]) -> [NodeID: Int] {
        var sizes: [NodeID: Int] = [:]
        var resized: Set<NodeID> = []
        for (slot, atom) in atoms.enumerated() {
            guard let node = atom.file else { continue }
            let size = sizes[node] ?? files[node]?.durable.size ?? 0
            switch atom.change {
            case .growth(_, let end): sizes[node] = chosen[slot] ? max(size, end) : size
            case .resize: resized.insert(node)
            default: sizes[node] = size
            }
        }
        for node in resized { sizes[node] = nil }
        return sizes
    }

    private func hasDurableName(_ node: NodeID) -> Bool {
        directories.values.contains { $0.durableNames.values.contains(node) }
    }
}
