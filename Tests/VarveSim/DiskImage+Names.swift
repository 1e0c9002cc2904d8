import VarveSystem

/// What a path leads to.
struct Place {
    /// nil for the root directory, which has no name.
    var key: NameKey?
    /// nil when nothing has the name.
    var node: NodeID?
}

extension DiskImage {
    static let nameSizeMax = 255

    /// Finds the place of `path`, from the root; `.` and `..` as everywhere, no links.
    /// - Throws: `.notFound` when a directory on the way is missing or the path is empty,
    ///   `.notDirectory` when it is a file, `.nameTooLong`, `.invalid` for a zero byte.
    func place(
        of path: String, for operation: FileError.Operation
    ) throws(FileError) -> Place {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileError(operation, path, path.isEmpty ? .notFound : .invalid)
        }
        // Paths have few parts, and are looked up all the time: no arrays of parts.
        var way = Way(from: Self.root, isRemembered: path.utf8.hasTwoDots)
        var rest = path.utf8[...]
        while !rest.isEmpty {
            let part = rest.prefix { $0 != UInt8(ascii: "/") }
            rest = rest[part.endIndex...].dropFirst()
            if part.isEmpty { continue }
            guard part.count <= Self.nameSizeMax else {
                throw FileError(operation, path, .nameTooLong)
            }
            let name = String(Substring(part))
            if name == "." { continue }
            guard let node = way.place.node else { throw FileError(operation, path, .notFound) }
            guard directories.contains(node) else {
                throw FileError(operation, path, .notDirectory)
            }
            if name == ".." {
                way.goUp()
            } else {
                let key = NameKey(directory: node, name: name)
                way.goDown(to: Place(key: key, node: directories[node]?.names[name]))
            }
        }
        return way.place
    }

    /// Places from the root down; those above are remembered only where the path goes up again.
    private struct Way {
        private(set) var place: Place
        private var above: [Place] = []
        private let isRemembered: Bool

        init(from root: NodeID, isRemembered: Bool) {
            place = Place(key: nil, node: root)
            self.isRemembered = isRemembered
        }

        mutating func goDown(to next: Place) {
            if isRemembered { above.append(place) }
            place = next
        }

        mutating func goUp() { place = above.popLast() ?? place }
    }

    /// All files that processes see, by path, sorted.
    var filePaths: [String] {
        var paths: [String] = []
        collectFiles(under: Self.root, "", into: &paths)
        return paths.sorted()
    }

    private func collectFiles(under node: NodeID, _ prefix: String, into paths: inout [String]) {
        for (name, node) in directories[node]?.names ?? [:] {
            if files[node] != nil {
                paths.append("\(prefix)/\(name)")
            } else {
                collectFiles(under: node, "\(prefix)/\(name)", into: &paths)
            }
        }
    }

    /// Whether `node` is `ancestor` or lies under it.
    func lies(_ node: NodeID, under ancestor: NodeID) -> Bool {
        if node == ancestor { return true }
        return directories[ancestor]?.names.values.contains { child in
            directories[child] != nil && lies(node, under: child)
        } ?? false
    }
}

extension String.UTF8View {
    /// Whether two dots follow one another anywhere.
    fileprivate var hasTwoDots: Bool {
        var wasDot = false
        for byte in self {
            let isDot = byte == UInt8(ascii: ".")
            if isDot, wasDot { return true }
            wasDot = isDot
        }
        return false
    }
}
