internal import CBench
internal import Varve
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
    private var foldersMade = 0

    /// - Throws: `.inMemory` when no directory is named and the working directory lies in memory;
    ///   `.rounds`; `.setUp`.
    public init(_ options: BenchOptions) throws(BenchError) {
        guard options.rounds > 0 else { throw .rounds(options.rounds) }
        self.options = options
        do {
            directory = try BenchDirectory(options.directory, in: fileSystem)
            machine = try MachineFacts(directory: directory.path, in: fileSystem)
        } catch let error as BenchError {
            throw error
        } catch {
            throw .setUp(cause: error)
        }
    }

    /// Runs one benchmark.
    public func run(_ benchmark: Benchmark) throws(BenchError) -> BenchResult {
        let folders = foldersMade
        defer { removeFolders(from: folders) }
        do {
            let pair = try benchmark.make(self)
            _ = try run(pair.subject, of: pair, number: -1)
            _ = try run(pair.reference, of: pair, number: -1)
            let before = try ProcessorUse(in: fileSystem)
            var subjects: [Round] = []
            var references: [Round] = []
            for number in 0..<options.rounds {
                subjects.append(try run(pair.subject, of: pair, number: number))
                references.append(try run(pair.reference, of: pair, number: number))
            }
            let foreignLoad = try ProcessorUse(in: fileSystem).foreignShare(since: before)
            try checkDigests(subjects, benchmark, side: "subject")
            try checkDigests(references, benchmark, side: "reference")
            let subject = SideResult(subjects, unit: benchmark.unit)
            let reference = SideResult(references, unit: benchmark.unit)
            return BenchResult(
                benchmark: benchmark, subject: subject, reference: reference,
                ratio: Spread(zip(subject.figures, reference.figures).map { $0 / $1 }),
                foreignLoad: foreignLoad, note: pair.note)
        } catch let error as BenchError {
            throw error
        } catch {
            throw .failed(benchmark: benchmark.name, cause: error)
        }
    }

    private func checkDigests(
        _ rounds: [Round], _ benchmark: Benchmark, side: String
    ) throws(BenchError) {
        guard Set(rounds.map(\.digest)).count == 1 else {
            throw .digestsDiffer(benchmark: benchmark.name, side: side)
        }
    }

    private func run(_ side: Side, of pair: Pair, number: Int) throws -> Round {
        let folder = try makeFolder()
        defer { try? DirectoryTree.remove(folder, in: fileSystem) }
        warmPages(pair.freshPages)
        var round = Round(number: number, folder: folder)
        try side(&round)
        return round
    }

    /// A new, empty directory that goes with the run.
    func makeFolder() throws(FileError) -> String {
        let folder = "\(directory.path)/\(foldersMade)"
        foldersMade += 1
        try fileSystem.makeDirectory(folder)
        return folder
    }

    /// Removes the folders that were made since there were `count`, but for those gone already.
    private func removeFolders(from count: Int) {
        for number in count..<foldersMade {
            try? DirectoryTree.remove("\(directory.path)/\(number)", in: fileSystem)
        }
    }

    /// Makes memory resident that the system lends out next. A virtual machine gives free pages
    /// back to its host within seconds, and the first touch of such a page costs as much as
    /// several copies of it.
    private func warmPages(_ size: ByteCount) {
        guard size > .zero, let free = try? MemoryStatus(in: fileSystem).available else { return }
        // A failure to warm shows in the figures only.
        _ = bench_touch(min(size.bytes + size.bytes / 4, free.bytes / 2))
    }

    /// `full` in a real run, `smoke` in a smoke run.
    func scaled(_ full: Int, smoke: Int) -> Int { options.isSmoke ? smoke : full }
}
