internal import VarveSystem
internal import VarveTerms

/// What stands at a path that is to be a data directory.
struct DirectoryShape {
    let path: String
    private(set) var isMissing = false
    /// Log folders in use, in order of name.
    private(set) var logs: [LogName] = []
    /// Folders of logs on their way in or out, in order of name.
    private(set) var others: [LogFolderName] = []
    private(set) var hasProperties = false
    private var foreign: String?

    /// - Throws: `.notADataDirectory` when something other than a directory stands there.
    init(_ path: String, in fileSystem: any FileSystem) throws(LogError) {
        self.path = path
        let status = try wrapping { () throws(FileError) in try fileSystem.status(at: path) }
        guard let status else {
            isMissing = true
            return
        }
        guard status.kind == .directory else {
            throw .notADataDirectory(path: path, reason: "it is a file, not a directory")
        }
        let entries = try wrapping { () throws(FileError) in try fileSystem.entries(of: path) }
        for entry in entries {
            if entry.name == MetaProperties.fileName {
                hasProperties = true
            } else if entry.kind == .directory, let folder = LogFolderName(entry.name) {
                if folder.standing == .live {
                    logs.append(folder.log)
                } else {
                    others.append(folder)
                }
            } else if !Self.isOwn(entry.name) {
                foreign = min(foreign ?? entry.name, entry.name)
            }
        }
        logs.sort()
        others.sort { "\($0)" < "\($1)" }
    }

    /// Folders of logs that were deleted and whose files are still there.
    var deleted: [LogFolderName] {
        others.filter { if case .deleted = $0.standing { true } else { false } }
    }

    /// The names of all folders of logs.
    var folderNames: Set<String> {
        Set(logs.map(\.folder)).union(others.map { "\($0)" })
    }

    /// Folders of logs that are being copied here.
    var futures: [LogFolderName] {
        others.filter { if case .future = $0.standing { true } else { false } }
    }

    /// Folders that another program put aside because no topic claims them.
    var strays: [LogFolderName] {
        others.filter { if case .stray = $0.standing { true } else { false } }
    }

    /// Names that an opening may have made before it was cut short, and what file systems put
    /// into their own top directory.
    private static func isOwn(_ name: String) -> Bool {
        name == "lost+found" || name.hasPrefix(".") || name.hasPrefix("varve.")
            || name.hasPrefix(MetaProperties.fileName) || name.hasSuffix("-offset-checkpoint")
    }

    /// - Throws: `.notADataDirectory` when the path may not be opened as one.
    func check(_ creation: DataDirectory.Creation) throws(LogError) {
        if creation == .mustExist {
            guard !isMissing else {
                throw .notADataDirectory(path: path, reason: "there is no such directory")
            }
            guard hasProperties || !logs.isEmpty else {
                throw .notADataDirectory(
                    path: path, reason: "it has no meta.properties and no log in it")
            }
        }
        if !hasProperties, logs.isEmpty, let foreign {
            throw .notADataDirectory(
                path: path,
                reason: "it has \(foreign) in it and no meta.properties; "
                    + "name an empty or a new directory")
        }
    }

    /// Makes the directory, and those above it that are missing.
    static func make(_ path: String, in fileSystem: any FileSystem) throws(FileError) {
        let parent = WholeFile.parent(of: path)
        if try fileSystem.status(at: parent) == nil { try make(parent, in: fileSystem) }
        try fileSystem.makeDirectory(path)
        try fileSystem.flushDirectory(parent)
    }

    /// Makes the names on the way to `path` durable: an earlier opening may have made them and
    /// ended before it flushed them. Directories above that this user may not read, or that lie on
    /// another file system, were not made by one.
    static func settleNames(above path: String, in fileSystem: any FileSystem) throws(FileError) {
        guard let device = try fileSystem.status(at: path)?.identity.device else { return }
        var child = path
        while true {
            let parent = WholeFile.parent(of: child)
            guard parent != child,
                try fileSystem.status(at: parent)?.identity.device == device
            else { return }
            do {
                try fileSystem.flushDirectory(parent)
            } catch {
                guard [.accessDenied, .notPermitted].contains(error.error) else { throw error }
            }
            if parent == "." { return }
            child = parent
        }
    }
}
