internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

enum GenerationError: Error, CustomStringConvertible {
    case file(FileError)
    case table(TableError)
    case notText(path: String)

    var description: String {
        switch self {
        case .file(let error): "\(error)"
        case .table(let error): "\(error)"
        case .notText(let path): "\(path) is not UTF-8"
        }
    }
}

/// The folder of the module, with its table and what is generated from it.
struct ModuleFolder {
    let path: String
    private let fileSystem = LinuxFileSystem()

    init(path: String) { self.path = path }

    /// Reads the table, writes every generated file and removes those that it no longer tells of.
    func generate() throws(GenerationError) {
        let code = ModuleCode(files: try table())
        let folder = "\(path)/Generated"
        do throws(FileError) {
            if try fileSystem.status(at: folder) == nil { try fileSystem.makeDirectory(folder) }
            let names = Set(code.contents.map(\.name))
            for entry in try fileSystem.entries(of: folder) where !names.contains(entry.name) {
                try fileSystem.removeFile("\(folder)/\(entry.name)")
            }
            for content in code.contents {
                try write(content.text, to: "\(folder)/\(content.name)")
            }
        } catch {
            throw .file(error)
        }
    }

    private func table() throws(GenerationError) -> [TableFile] {
        var files: [TableFile] = []
        for name in try paths(below: "") {
            let text = try read("\(path)/Schemas/\(name)")
            do throws(TableError) {
                files.append(try TableParser.parse(text, path: name))
            } catch {
                throw .table(error)
            }
        }
        return files
    }

    /// The paths of all files of the table, sorted.
    private func paths(below folder: String) throws(GenerationError) -> [String] {
        let entries: [DirectoryEntry]
        do throws(FileError) {
            entries = try fileSystem.entries(of: "\(path)/Schemas/\(folder)")
        } catch {
            throw .file(error)
        }
        var found: [String] = []
        for entry in entries {
            let name = folder + entry.name
            found += entry.kind == .directory ? try paths(below: name + "/") : [name]
        }
        return found.sorted()
    }

    private func read(_ path: String) throws(GenerationError) -> String {
        var bytes: [UInt8] = []
        do throws(FileError) {
            let file = try OpenFile(path, .read, in: fileSystem)
            bytes = [UInt8](repeating: 0, count: Int(try file.size().bytes))
            var span = bytes.mutableSpan
            var target = unsafe span.mutableBytes
            _ = try file.read(into: &target, at: .zero)
            try file.close()
        } catch {
            throw .file(error)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .notText(path: path)
        }
        return text
    }

    private func write(_ text: String, to path: String) throws(FileError) {
        let file = try OpenFile(path, .readWriteOrCreate, in: fileSystem)
        let size = ByteCount(text.utf8.count)
        try file.resize(to: size)
        try file.write(Array(text.utf8).rawSpan, at: .zero)
        try file.close()
    }
}
