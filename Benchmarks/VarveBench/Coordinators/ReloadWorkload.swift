internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

/// A broker that starts again with many committed offsets in one log: how long until one of them is
/// told, and how much memory all of them take.
final class ReloadWorkload {
    private static let topic = "read"
    private static let properties = ["offsets.topic.num.partitions": "1"]
    private let bench: Workbench
    private let folder: String
    private let groups: Int
    private let partitions: Int
    private let note: String

    /// - Parameters:
    ///   - groups: how many groups there are, with 100 offsets each.
    ///   - rounds: how often each offset was committed; the log has all of it.
    init(_ bench: Workbench, groups: Int, rounds: Int) throws {
        let groups = bench.scaled(groups, smoke: 3)
        let partitions = bench.scaled(100, smoke: 2)
        let folder = try bench.makeFolder()
        (self.bench, self.folder) = (bench, folder)
        (self.groups, self.partitions) = (groups, partitions)
        let broker = try ServedBroker(bench, in: folder, Self.properties)
        do {
            let clients = bench.scaled(32, smoke: 1)
            let crew = try ClientCrew(port: broker.port, count: clients)
            try crew.makeTopic(Self.topic, partitions: partitions)
            var members = (0..<clients).map {
                GroupCommitter(first: $0, step: clients, groups: groups, partitions)
            }
            let commitsEach = (groups + clients - 1) / clients * rounds
            _ = try crew.run(&members, operationsEach: commitsEach)
        }
        try broker.end()
        let before = try Self.residentSize(bench)
        let again = try ServedBroker(bench, in: folder, Self.properties)
        _ = try Self.fetch(of: 0, port: again.port, partitions)
        let after = try Self.residentSize(bench)
        try again.end()
        note =
            "\(groups * partitions) offsets, \(groups * partitions * rounds) records; "
            + "\((after - before) >> 20) MiB more resident than before the start"
    }

    func pair() -> Pair {
        Pair(
            subject: { round in try self.reload(&round) },
            reference: { round in try self.sum(&round) }, note: note)
    }

    private func reload(_ round: inout Round) throws {
        var broker: ServedBroker?
        let partitions = partitions
        try round.time(work: 1) { _ in
            let started = try ServedBroker(self.bench, in: self.folder, Self.properties)
            broker = started
            return try Self.fetch(of: self.groups - 1, port: started.port, partitions)
        }
        try broker?.end()
    }

    /// - Returns: how many offsets were told.
    private static func fetch(of group: Int, port: UInt16, _ partitions: Int) throws -> UInt64 {
        let crew = try ClientCrew(port: port, count: 1)
        var request = OffsetFetchRequest()
        request.groupId = GroupCommitter.name(group)
        request.topics = nil
        let frame = try crew.ask(try RequestFrame.make(request, version: 7))
        let answer = try RequestFrame.answer(frame, version: 7, as: OffsetFetchResponse.self)
        try RequestFrame.check(answer.errorCode, of: "OffsetFetch")
        let count = answer.topics.reduce(0) { $0 + $1.partitions.count }
        guard count == partitions else {
            throw CrewError.refused(request: "OffsetFetch", code: "\(count) of \(partitions)")
        }
        return UInt64(count)
    }

    /// The checksums of the log's files, mapped.
    private func sum(_ round: inout Round) throws {
        let fileSystem = bench.fileSystem
        let log = "\(folder)/data/__consumer_offsets-0"
        let names = try fileSystem.entries(of: log).map(\.name)
            .filter { $0.hasSuffix(".log") }.sorted()
        try round.time(work: 1) { _ in
            var sum: UInt64 = 0
            for name in names {
                let file = try OpenFile("\(log)/\(name)", .read, in: fileSystem)
                let size = try file.status().size
                guard size > .zero else { continue }
                let mapping = try file.map(size: size)
                sum &+= UInt64(CRC32C.checksum(mapping.bytes(in: 0..<size.bytes)))
            }
            // A restart may leave the log rolled otherwise than before.
            return sum > 0 ? 1 : 0
        }
    }

    /// Bytes, by proc_pid_statm(5): the second number counts resident pages.
    private static func residentSize(_ bench: Workbench) throws -> Int {
        let lines = try SystemText.lines(of: "/proc/self/statm", in: bench.fileSystem)
        let words = SystemText.words(of: lines.first ?? "")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }
}

/// A client that commits all offsets of one group after the other.
private struct GroupCommitter: CrewMember {
    private static let version: Int16 = 9
    private let first: Int
    private let step: Int
    private let groups: Int
    private let partitions: Int
    private var next: Int

    init(first: Int, step: Int, groups: Int, _ partitions: Int) {
        (self.first, self.step, self.groups, self.partitions) = (first, step, groups, partitions)
        next = first
    }

    static func name(_ number: Int) -> String { "group-\(number)" }

    mutating func begin() throws -> [UInt8] {
        var request = OffsetCommitRequest()
        request.groupId = Self.name(next)
        request.topics = [
            .init(
                name: "read",
                partitions: (0..<partitions).map {
                    .init(partitionIndex: Int32($0), committedOffset: Int64(next))
                })
        ]
        next += step
        if next >= groups { next = first }
        return try RequestFrame.make(request, version: Self.version)
    }

    mutating func goOn(with answer: [UInt8]) throws -> [UInt8]? {
        let response = try RequestFrame.answer(
            answer, version: Self.version, as: OffsetCommitResponse.self)
        try RequestFrame.check(
            response.topics.first?.partitions.first?.errorCode, of: "OffsetCommit")
        return nil
    }
}
