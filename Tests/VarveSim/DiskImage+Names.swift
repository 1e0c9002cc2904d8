import Synchronization
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
        let (parts, climbs) = pathParts.parts(of: path)
        var way = Way(from: Self.root, isRemembered: climbs)
        for name in parts {
            guard name.utf8.count <= Self.nameSizeMax else {
                throw FileError(operation, path, .nameTooLong)
            }
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

/// The names that paths consist of. The same few paths are taken apart all the time, so that they
/// are kept.
final class PathParts: Sendable {
    private struct Known {
        var names: [String]
        /// Whether the path goes up anywhere.
        var climbs: Bool
    }

    private static let countMax = 4096
    private let known = Mutex<[String: Known]>([:])

    func parts(of path: String) -> (names: [String], climbs: Bool) {
        known.withLock { known in
            if let parts = known[path] { return (parts.names, parts.climbs) }
            let names = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
            let climbs = names.contains("..")
            if known.count >= Self.countMax { known = [:] }
            known[path] = Known(names: names, climbs: climbs)
            return (names, climbs)
        }
    }
}
