internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// Runs benchmarks: one warm-up of each side, then subject and reference in turn, each in a new
/// folder of the run's own directory, which is gone when the run is over.
///
/// *Threads*: one owner; workloads start threads of their own and wait for them.
public final class Workbench {
    public let options: BenchOptions
    public let machine: MachineFacts
    let fileSystem = LinuxFileSystem()
    let surroundings = Surroundings.linux
    private let directory: BenchDirectory
    let isStopping: @Sendable () -> Bool
    private(set) var foldersMade = 0

    /// - Parameter isStopping: asked before each round; once it says yes, runs end with `.stopped`.
    /// - Throws: `.inMemory` when no directory is named and the working directory lies in memory;
    ///   `.rounds`; `.setUp`.
    public init(
        _ options: BenchOptions, isStopping: @escaping @Sendable () -> Bool = { false }
    ) throws(BenchError) {
        guard options.rounds > 0 else { throw .rounds(options.rounds) }
        self.options = options
        self.isStopping = isStopping
        do {
            directory = try BenchDirectory(options.directory, in: fileSystem)
            machine = try MachineFacts(directory: directory.path, in: fileSystem)
        } catch let error as BenchError {
            throw error
        } catch {
            throw .setUp(cause: error)
        }
    }

    /// Other runs that left something beside this one's files, or still write there.
    public var neighbours: [BenchNeighbour] { directory.neighbours }

    /// Runs one benchmark.
    public func run(_ benchmark: Benchmark) throws(BenchError) -> BenchResult {
        let folders = foldersMade
        defer { removeFolders(from: folders) }
        do {
            let pair = try benchmark.make(self)
            let warmUps = [
                try run(pair.subject, of: pair, number: -1),
                try run(pair.reference, of: pair, number: -1),
            ]
            let before = try ProcessorUse(in: fileSystem)
            var subjects: [Round] = []
            var references: [Round] = []
            for number in 0..<options.rounds {
                subjects.append(try run(pair.subject, of: pair, number: number))
                references.append(try run(pair.reference, of: pair, number: number))
            }
            let foreignLoad = try ProcessorUse(in: fileSystem).foreignShare(since: before)
            try checkDigests([warmUps[0]] + subjects, benchmark.name, side: "subject")
            try checkDigests([warmUps[1]] + references, benchmark.name, side: "reference")
            let subject = SideResult(subjects, unit: benchmark.unit)
            let reference = SideResult(references, unit: benchmark.unit)
            return BenchResult(
                benchmark: benchmark, subject: subject, reference: reference,
                ratio: Spread(zip(subject.figures, reference.figures).map { $0 / $1 }),
                foreignLoad: foreignLoad, note: pair.note)
        } catch let error as BenchError {
            throw error
        } catch {
            // What the signal itself interrupted did not fail.
            throw isStopping() ? .stopped : .failed(benchmark: benchmark.name, cause: error)
        }
    }

    /// - Throws: `.digestsDiffer` unless all rounds came to the same.
    func checkDigests(
        _ rounds: [Round], _ benchmark: String, side: String
    ) throws(BenchError) {
        guard Set(rounds.map(\.digest)).count == 1 else {
            throw .digestsDiffer(benchmark: benchmark, side: side)
        }
    }

    /// Runs one side of a benchmark in a folder of its own.
    func run(_ side: Side, of pair: Pair, number: Int) throws -> Round {
        try checkStop()
        let folder = try makeFolder()
        defer { try? DirectoryTree.remove(folder, in: fileSystem) }
        try warmPages(pair.freshPages)
        var round = Round(number: number, folder: folder)
        try side(&round)
        return round
    }

    /// - Throws: `.stopped` when the run is to end.
    func checkStop() throws(BenchError) {
        if isStopping() { throw .stopped }
    }

    /// A new, empty directory that goes with the run.
    func makeFolder() throws(FileError) -> String {
        let folder = "\(directory.path)/\(foldersMade)"
        foldersMade += 1
        try fileSystem.makeDirectory(folder)
        return folder
    }

    /// Removes the folders that were made since there were `count`, but for those gone already.
    func removeFolders(from count: Int) {
        for number in count..<foldersMade {
            try? DirectoryTree.remove("\(directory.path)/\(number)", in: fileSystem)
        }
    }

    /// Makes the pages resident that the page cache takes next. A virtual machine gives free pages
    /// back to its host within seconds, and the first touch of such a page costs ten times as much
    /// as a copy of it. Touching memory of the process warms other pages than files get.
    private func warmPages(_ size: ByteCount) throws(BenchError) {
        let path = "\(directory.path)/warm"
        guard size > .zero, !options.isSmoke,
            let free = try? MemoryStatus(in: fileSystem).available,
            let file = try? OpenFile(path, .createNew, in: fileSystem)
        else { return }
        defer { try? fileSystem.removeFile(path) }
        let piece = [UInt8](repeating: 0x2A, count: 1 << 20)
        let wanted = min(size.bytes + size.bytes / 4, free.bytes / 2)
        for position in stride(from: 0, to: wanted, by: piece.count) {
            try checkStop()
            // A failure to warm, as on a full disk, shows in the figures only.
            guard (try? file.write(piece.rawSpan, at: FilePosition(position))) != nil else {
                return
            }
        }
    }

    /// `full` in a full run, `smoke` in a smoke run, and in a quick one `quick`: where none is
    /// named an eighth, but not below 500.
    func scaled(_ full: Int, quick: Int? = nil, smoke: Int) -> Int {
        switch options.size {
        case .full: full
        case .quick: quick ?? min(full, max(500, full / 8))
        case .smoke: smoke
        }
    }
}
