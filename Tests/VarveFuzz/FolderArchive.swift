internal import VarveBytes
internal import VarveSim
internal import VarveTerms

/// A data directory with one log as one input: a byte of flags, then for each file
///
///     uint8 size of name | name | uint32 size | bytes
///
/// Any bytes are an archive: what the last file lacks is left out. A name that ends in `/` is an
/// empty folder; names are relative to the data directory, and at most one folder deep.
struct FolderArchive {
    static let logFolder = "log-0"

    var files: [(name: String, bytes: [UInt8])] = []
    /// Whether checksums are made right before the files are laid out.
    var isStamped = false

    init() {}

    /// Everything below `directory`.
    init(of disk: SimulatedDisk, directory: String) {
        for path in disk.paths where path.hasPrefix(directory + "/") {
            let name = String(path.dropFirst(directory.utf8.count + 1))
            files.append((name, disk.contents(path) ?? []))
        }
    }

    init(_ input: RawSpan) {
        var reader = ByteReader(input)
        guard let flags = reader.take(1) else { return }
        isStamped = flags.int8(at: 0) & 1 != 0
        while let size = reader.take(1),
            let name = reader.take(Int(UInt8(bitPattern: size.int8(at: 0)))),
            let claimed = reader.take(4)
        {
            let count = min(Int(claimed.uint32(at: 0)), reader.remaining)
            guard let bytes = reader.take(count) else { return }
            files.append((String(decoding: name.array(), as: UTF8.self), bytes.array()))
        }
    }

    func printed() -> [UInt8] {
        var output = ByteBuffer()
        output.append(Int8(isStamped ? 1 : 0))
        for file in files {
            let name = Array(file.name.utf8.prefix(255))
            output.append(UInt8(name.count))
            output.append(name)
            output.append(UInt32(file.bytes.count))
            output.append(file.bytes)
        }
        return output.bytes.array()
    }

    /// A disk with the files in `directory`. Names that no file system takes are left out, and so
    /// is what has the name of something that is there.
    func disk(directory: String) -> SimulatedDisk {
        let disk = SimulatedDisk()
        disk.plantDirectory(directory + "/" + Self.logFolder)
        var folders: Set<String> = [Self.logFolder]
        var taken: Set<String> = []
        for (name, bytes) in files {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            let isFolder = parts.last?.isEmpty ?? true
            let path = isFolder ? parts.dropLast() : parts[...]
            guard (1...2).contains(path.count), path.allSatisfy(Self.isLawful) else { continue }
            let joined = path.joined(separator: "/")
            guard !folders.contains(joined), !taken.contains(joined),
                path.count == 1 || !taken.contains(String(path[0]))
            else { continue }
            if path.count == 2 { folders.insert(String(path[0])) }
            if isFolder {
                folders.insert(joined)
                disk.plantDirectory(directory + "/" + joined)
                continue
            }
            taken.insert(joined)
            disk.setContents(directory + "/" + joined, stamped(bytes, name: joined))
        }
        return disk
    }

    private static func isLawful(_ part: Substring) -> Bool {
        // The simulated disk compares names by their letters, a real one by their bytes; they
        // agree on ASCII.
        !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
            && part.utf8.allSatisfy { $0 > 0 && $0 < 0x80 && $0 != UInt8(ascii: "/") }
    }

    private func stamped(_ bytes: [UInt8], name: String) -> [UInt8] {
        guard isStamped else { return bytes }
        var bytes = bytes
        if name.hasSuffix(".log") { Stamps.batches(&bytes) }
        if name.hasSuffix(".snapshot") { Stamps.snapshot(&bytes) }
        if name.hasSuffix("varve.ends") { Stamps.ends(&bytes) }
        if name.hasSuffix(".varve") { Stamps.sidecar(&bytes, from: 0) }
        if name.hasSuffix("varve.quarantine") { Stamps.quarantine(&bytes) }
        if name.hasPrefix("varve.integrity") { Stamps.root(&bytes) }
        return bytes
    }
}
