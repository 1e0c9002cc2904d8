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
        let names = path.split(separator: "/").map(String.init)
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw FileError(operation, path, path.isEmpty ? .notFound : .invalid)
        }
        var way = [Place(key: nil, node: Self.root)]
        for name in names where name != "." {
            guard name.utf8.count <= Self.nameSizeMax else {
                throw FileError(operation, path, .nameTooLong)
            }
            guard let node = way[way.count - 1].node else {
                throw FileError(operation, path, .notFound)
            }
            guard let directory = directories[node] else {
                throw FileError(operation, path, .notDirectory)
            }
            if name == ".." {
                if way.count > 1 { way.removeLast() }
            } else {
                way.append(
                    Place(
                        key: NameKey(directory: node, name: name), node: directory.names[name]))
            }
        }
        return way[way.count - 1]
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
