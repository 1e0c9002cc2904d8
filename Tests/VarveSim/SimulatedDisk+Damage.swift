import Synchronization
public import VarveTerms

/// What tests do to files behind the back of whoever has them open: no call and no fault; seen and
/// durable state change alike. Pending atoms stay, and apply over the damage at a cut.
///
/// It is no operation: the trace starts anew after it, from the disk as it is then, so that replays
/// hold it from their first operation on. That makes it the way to lay out a disk for a test, too.
extension SimulatedDisk {
    /// The paths of all files that processes see, sorted.
    public var paths: [String] { state.withLock { $0.image.filePaths } }

    /// What processes read in the file; nil when there is none.
    public func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in
            guard let node = state.node(at: path) else { return nil }
            return state.image.files[node].map { $0.cached.bytes(in: 0..<$0.cached.size) }
        }
    }

    /// How long the files of a directory are together whose names end in `suffix`; 0 without one.
    public func totalSize(of suffix: String, in directory: String) -> ByteCount {
        state.withLock { state in
            guard let node = state.node(at: directory) else { return .zero }
            let names = state.image.directories[node]?.names ?? [:]
            let sizes = names.filter { $0.key.hasSuffix(suffix) }
                .map { state.image.files[$0.value]?.cached.size ?? 0 }
            return ByteCount(sizes.reduce(0, +))
        }
    }

    /// Makes the file hold `bytes`; makes it, and the directories on the way, when missing. The
    /// names of what this makes are durable.
    public func setContents(_ path: String, _ bytes: [UInt8]) {
        let time = clock.wallClock()
        state.withLock { $0.image.plantFile(at: path, time) }
        damage(path) { content, _ in
            content.resize(to: 0)
            content.put(bytes, at: 0)
            content.grow(to: bytes.count)
        }
    }

    /// Makes an empty directory and those on the way, with durable names.
    public func plantDirectory(_ path: String) {
        let time = clock.wallClock()
        state.withLock { state in
            state.image.plantDirectory(path.split(separator: "/"), time)
            state.startTraceAnew()
        }
    }

    /// Turns over one bit: bit `bit % 8`, from the lowest, of byte `bit / 8`.
    /// - Precondition: the file is there and has that bit.
    public func flipBit(_ path: String, _ bit: Int) {
        damage(path) { content, seen in
            precondition((0..<seen.size * 8).contains(bit), "bit \(bit) of \(path)")
            let byte = seen.bytes(in: bit / 8..<bit / 8 + 1)[0] ^ 1 << UInt8(bit % 8)
            content.put([byte], at: bit / 8)
        }
    }

    /// Puts `bytes` over what stands at `position`, making the file longer where needed.
    /// - Precondition: the file is there.
    public func overwrite(_ path: String, _ bytes: [UInt8], at position: FilePosition) {
        damage(path) { content, _ in
            content.put(bytes, at: position.bytes)
            content.grow(to: position.bytes + bytes.count)
        }
    }

    /// Cuts or extends the file.
    /// - Precondition: the file is there.
    public func truncateFile(_ path: String, to size: ByteCount) {
        damage(path) { content, _ in content.resize(to: size.bytes) }
    }

    /// - Parameter change: applied to the seen and to the durable content; gets the seen one of
    ///   before as well.
    private func damage(
        _ path: String, _ change: (_ content: inout FileContent, _ seen: FileContent) -> Void
    ) {
        state.withLock { state in
            guard let node = state.node(at: path), var file = state.image.files[node] else {
                preconditionFailure("no file \(path)")
            }
            let seen = file.cached
            change(&file.cached, seen)
            change(&file.durable, seen)
            // What lies past the durable end has no durable copy to damage.
            file.durable.settle()
            state.image.files[node] = file
            state.show(node, changed: 0..<max(seen.size, file.cached.size))
            state.startTraceAnew()
        }
    }
}

extension DiskImage {
    /// Makes a file with a durable name, unless there is one.
    mutating func plantFile(at path: String, _ time: Timestamp) {
        let names = path.split(separator: "/")
        guard let name = names.last else { preconditionFailure("no file name in \(path)") }
        let parent = plantDirectory(names.dropLast(), time)
        if directories[parent]?.names[String(name)] != nil { return }
        let node = makeNode()
        files[node] = StoredFile(at: time)
        directories[parent]?.names[String(name)] = node
        directories[parent]?.durableNames[String(name)] = node
    }

    @discardableResult
    mutating func plantDirectory(_ names: [Substring], _ time: Timestamp) -> NodeID {
        var parent = Self.root
        for name in names.map(String.init) {
            if let node = directories[parent]?.names[name] {
                parent = node
                continue
            }
            let node = makeNode()
            directories[node] = StoredDirectory(modified: time)
            directories[parent]?.names[name] = node
            directories[parent]?.durableNames[name] = node
            parent = node
        }
        return parent
    }
}
