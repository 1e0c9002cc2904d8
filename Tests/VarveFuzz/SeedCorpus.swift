internal import VarveBytes
internal import VarveLog
internal import VarveRecords
public import VarveSystem
internal import VarveTerms

/// Good inputs, taken from the fixtures: bytes that Apache Kafka wrote.
public struct SeedCorpus: Sendable {
    private let files: [(path: String, bytes: [UInt8])]
    private let broker: BrokerSeeds

    /// Reads the files of the fixtures that are no larger than 64 KiB, in the order of their paths.
    public init(fixtures: String, in fileSystem: any FileSystem) throws(FileError) {
        var files: [(path: String, bytes: [UInt8])] = []
        try Self.collect(fixtures, "", &files, fileSystem)
        self.files = files
        broker = BrokerSeeds(files)
    }

    private static func collect(
        _ root: String, _ folder: String, _ files: inout [(path: String, bytes: [UInt8])],
        _ fileSystem: any FileSystem
    ) throws(FileError) {
        let entries = try fileSystem.entries(of: root + folder).sorted { $0.name < $1.name }
        for entry in entries {
            let path = folder + "/" + entry.name
            if entry.kind == .directory {
                if path != "/fuzz" { try collect(root, path, &files, fileSystem) }
                continue
            }
            let file = try OpenFile(root + path, .read, in: fileSystem)
            let size = try file.size().bytes
            guard size <= 64 << 10 else { continue }
            let copy = try file.copyBytes(at: .zero, count: size)
            let bytes = copy.bytes(in: 0..<copy.count).array()
            if path.hasSuffix(".tar.gz") {
                files += PackedFiles(bytes, at: String(path.dropLast(".tar.gz".count))).files
            } else {
                files.append((path, bytes))
            }
        }
    }

    /// The seeds of a target, without doubles, at most 400 of them.
    public func seeds(of target: FuzzTarget) -> [[UInt8]] {
        var known: Set<[UInt8]> = []
        return Array(candidates(for: target.seeds).filter { known.insert($0).inserted }.prefix(400))
    }

    private func candidates(for rule: SeedRule) -> [[UInt8]] {
        switch rule {
        case .files(let suffixes):
            files.filter { file in suffixes.contains { file.path.hasSuffix($0) } }.map(\.bytes)
        case .batches: batches
        case .bodies(let codec):
            batches.filter { BatchHeader($0.rawSpan)?.attributes.codec == codec }
                .compactMap { batch in
                    guard let view = try? RecordBatchView(batch.rawSpan) else { return nil }
                    return view.body.array()
                }
        case .controlRecords: Self.controlRecords
        case .names: names
        case .ends: Self.ends
        case .sidecars: IntegrityTargets.sidecars
        case .roots: IntegrityTargets.roots
        case .rings: CommitRingTargets.rings
        case .quarantines: CheckpointTargets.quarantines
        case .scrubMarks: CheckpointTargets.scrubMarks
        case .requests: wireSeeds.compactMap { WireTargets.requestFrame($0) }
        case .messages: wireSeeds.compactMap { WireTargets.input($0) }
        case .requestsOf(let key): broker.requests(of: key)
        case .streams: broker.connections()
        case .folders: folders
        }
    }

    /// One in seven of the batches: they are much alike.
    private var batches: [[UInt8]] {
        var batches: [[UInt8]] = []
        var count = 0
        for file in files where file.path.hasSuffix(".log") {
            var place = 0
            while let header = try? BatchCheck.structure(file.bytes.rawSpan, at: place) {
                let end = place + header.sizeInBytes
                if count % 7 == 0 { batches.append(Array(file.bytes[place..<end])) }
                place = end
                count += 1
            }
        }
        return batches
    }

    private static let controlRecords: [[UInt8]] = [
        [0, 0, 0, 0], [0, 0, 0, 1], [0, 0, 0, 2], [0, 0, 0, 6], [0, 1, 0, 0, 0, 9],
        [0, 0, 0, 0, 0, 5],
    ]

    private var names: [[UInt8]] {
        let found = files.flatMap { $0.path.split(separator: "/").suffix(2).map(String.init) }
        let others = [
            "00000000000000000123.timeindex.deleted", "00000000000000000123.log.swap",
            "09223372036854775807.log", "09223372036854775808.log", "clicks-7",
            "clicks-7.0e3f00112233445566778899aabbccdd-delete", "a-b-0",
            "clicks-7.0e3f00112233445566778899aabbccdd-future",
        ]
        return (found + others).map { Array($0.utf8) }
    }

    private static let ends: [[UInt8]] = [0, 1, 2].map { number in
        var output = ByteBuffer()
        for slot in 0..<2 {
            output.appendZeros(PublishedEnds.Layout.slotStarts[slot] - output.count)
            let ends = PublishedEnds(
                sequence: UInt64(number + slot), bootID: UniqueID(high: 1, low: 2),
                segmentBase: Offset(8), flushedSize: 100, writtenSize: 200,
                ends: LogEnds(start: Offset(1), flushed: Offset(9), written: Offset(20)),
                isPoisoned: number == 2)
            ends.print(into: &output)
        }
        return output.bytes.array()
    }

    private var wireSeeds: [WireSeed] {
        WireSeed.all(in: files)
    }

    /// The small logs among the fixtures, with what their data directory says, as `log-0`.
    private var folders: [[UInt8]] {
        let roots = ["/engine/", "/golden/clean/", "/golden/legacy/"]
        let members = files.filter { file in roots.contains { file.path.hasPrefix($0) } }
        let logs = Dictionary(grouping: members) { file in
            file.path.split(separator: "/").prefix(3).joined(separator: "/")
        }
        let found: [[UInt8]] = logs.sorted { $0.key < $1.key }.compactMap { key, members in
            let parts = key.split(separator: "/")
            let size = members.reduce(0) { $0 + $1.bytes.count }
            guard parts.count == 3, size > 0, size < 24 << 10,
                let name = LogName(folder: String(parts[2]))
            else { return nil }
            return archive(of: members, name, directory: "/\(parts[0])/\(parts[1])/").printed()
        }
        return FolderTargets.written() + found
    }

    private func archive(
        of members: [(path: String, bytes: [UInt8])], _ name: LogName, directory: String
    ) -> FolderArchive {
        var archive = FolderArchive()
        for file in members {
            let last = file.path.split(separator: "/").last.map(String.init) ?? ""
            archive.files.append((FolderArchive.logFolder + "/" + last, file.bytes))
        }
        for file in files where file.path.hasPrefix(directory) {
            let rest = String(file.path.dropFirst(directory.utf8.count))
            guard !rest.contains("/") else { continue }
            if var checkpoint = try? OffsetCheckpoint(parsing: file.bytes),
                rest.hasSuffix("-offset-checkpoint"), let offset = checkpoint.offsets[name],
                let log = LogName(folder: FolderArchive.logFolder)
            {
                checkpoint.offsets = [log: offset]
                archive.files.append((rest, checkpoint.printed()))
            } else if !rest.hasSuffix("-offset-checkpoint") {
                archive.files.append((rest, file.bytes))
            }
        }
        return archive
    }
}
