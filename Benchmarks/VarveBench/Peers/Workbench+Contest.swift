/// Contests: as benchmarks are run, with more than two sides.
extension Workbench {
    /// Runs a contest: one warm-up of each, then all in turn, in as many rounds as benchmarks have,
    /// three at most, since other stores take long.
    ///
    /// A store whose harness fails is left out from then on.
    /// - Parameter harnesses: the folder that the harnesses of other stores are in.
    public func run(
        _ contest: Contest, harnesses: String
    ) throws(BenchError) -> ContestOutcome {
        let folders = foldersMade
        defer { removeFolders(from: folders) }
        do {
            var run = try ContestRun(contest, harnesses, self)
            for number in -1..<min(options.rounds, 3) { try run.turn(number) }
            return try run.outcome()
        } catch let error as BenchError {
            throw error
        } catch {
            throw isStopping() ? .stopped : .failed(benchmark: contest.name, cause: error)
        }
    }
}

/// The rounds of one contest.
private struct ContestRun {
    private struct Subject {
        let benchmark: Benchmark
        let pair: Pair
        var rounds: [Round] = []
    }

    private struct Rival {
        let peer: Peer
        let side: PeerSide
        var rounds: [Round] = []
        var program = ""
    }

    private let contest: Contest
    private let bench: Workbench
    private var subjects: [Subject] = []
    private var rivals: [Rival] = []
    private var failures: [(peer: Peer, reason: String)] = []
    private var before: ProcessorUse?

    init(_ contest: Contest, _ harnesses: String, _ bench: Workbench) throws {
        (self.contest, self.bench) = (contest, bench)
        let harness = PeerHarness(directory: harnesses, bench: bench)
        for name in contest.subjects {
            guard let benchmark = Catalogue.benchmarks.first(where: { $0.name == name }) else {
                preconditionFailure("\(contest.name) names no benchmark '\(name)'")
            }
            subjects.append(Subject(benchmark: benchmark, pair: try benchmark.make(bench)))
        }
        for peer in contest.peers {
            do {
                rivals.append(Rival(peer: peer, side: try contest.make(harness, peer)))
            } catch {
                try leaveOut(peer, error)
            }
        }
    }

    /// One round of each.
    mutating func turn(_ number: Int) throws {
        if number == 0 { before = try ProcessorUse(in: bench.fileSystem) }
        for place in subjects.indices {
            let pair = subjects[place].pair
            let round = try bench.run(pair.subject, of: pair, number: number)
            if number >= 0 { subjects[place].rounds.append(round) }
        }
        let pair = subjects[0].pair
        for place in rivals.indices.reversed() {
            do {
                let side = rivals[place].side
                var program = ""
                let round = try bench.run({ program = try side(&$0) }, of: pair, number: number)
                rivals[place].program = program
                if number >= 0 { rivals[place].rounds.append(round) }
            } catch {
                let gone = rivals.remove(at: place)
                try leaveOut(gone.peer, error)
            }
        }
    }

    private mutating func leaveOut(_ peer: Peer, _ error: any Error) throws {
        try bench.checkStop()
        failures.append((peer, "\(error)"))
    }

    func outcome() throws -> ContestOutcome {
        var outcome = ContestOutcome(failures: failures)
        guard let before else { return outcome }
        // What the others of the contest took counts as foreign here, except of this process.
        let foreignLoad = try ProcessorUse(in: bench.fileSystem).foreignShare(since: before)
        for subject in subjects {
            try bench.checkDigests(subject.rounds, subject.benchmark.name, side: "subject")
            let unit = subject.benchmark.unit
            let figures = SideResult(subject.rounds, unit: unit)
            for rival in rivals {
                try bench.checkDigests(rival.rounds, contest.name, side: rival.program)
                let reference = SideResult(rival.rounds, unit: unit)
                let ratio = Spread(zip(figures.figures, reference.figures).map { $0 / $1 })
                let result = BenchResult(
                    benchmark: subject.benchmark, subject: figures, reference: reference,
                    ratio: ratio, foreignLoad: foreignLoad, note: nil)
                outcome.results.append(
                    ContestResult(
                        contest: contest.name, peer: rival.peer, program: rival.program,
                        result: result))
            }
        }
        return outcome
    }
}
