internal import VarveBytes
internal import VarveLinux
internal import VarveProof
internal import VarveSystem
internal import VarveTerms

/// What the command line of `varve-prove` starts.
enum ProveProgram {
    /// - Returns: the exit code: 0 when every promise was kept, 1 when one was not, 2 for a wrong
    ///   command line, 130 when a signal asked it to stop.
    static func run(_ words: [String]) -> Int32 {
        guard let options = ProveOptions(parsing: words) else {
            say(ProveOptions.usage)
            return words == ["--help"] ? 0 : 2
        }
        switch options.task {
        case .table:
            LinuxProcess.watchStopSignals()
            return printTable(options)
        case .shard(let shard, let count): return runShard(shard, of: count, options)
        case .replay(let label): return replay(label)
        }
    }

    // MARK: The table

    /// How many violations of one row stand above the table; all lines went by before.
    private static let toldCountMax = 6

    private static func printTable(_ options: ProveOptions) -> Int32 {
        var table = ProofTable()
        let programs = Program.others(in: options.programs)
        let (own, other) = Program.shares(of: options, otherCount: programs.count)
        if let own {
            let shards = (0..<options.processCount).map { number in
                Program(
                    "/proc/self/exe",
                    ["--shard", "\(number)/\(options.processCount)"] + arguments(options, own))
            }
            guard Program.run(shards, into: &table) else { return 130 }
        }
        if let other {
            for path in programs {
                let program = Program(path, arguments(options, other))
                guard Program.run([program], into: &table) else { return 130 }
            }
        }
        var toldCounts: [String: Int] = [:]
        for violation in table.violations {
            toldCounts[violation.row, default: 0] += 1
            guard toldCounts[violation.row, default: 0] <= toldCountMax else { continue }
            say("\(violation.row): VIOLATION: \(violation.violation)\n    \(violation.replay)\n")
        }
        write(table.text(rows: options.rows))
        return table.isSound ? 0 : 1
    }

    private static func arguments(_ options: ProveOptions, _ share: Duration) -> [String] {
        [
            "--for", "\(max(1, Int(share.seconds.rounded())))",
            "--rows", options.rows.joined(separator: ","), "--seed", "\(options.seed)",
        ]
    }

    // MARK: A part of the work

    private static func runShard(_ shard: Int, of count: Int, _ options: ProveOptions) -> Int32 {
        let whole = Deadline(after: options.duration)
        var searches = Proofs.all.filter { options.rows.contains($0.row) }
        var isSound = true
        while !searches.isEmpty {
            let search = searches.removeFirst()
            let later = searches.reduce(search.weight) { $0 + $1.weight }
            var effort = Effort(
                until: Deadline(after: whole.rest * search.weight / later))
            (effort.seed, effort.shard, effort.shardCount) = (options.seed, shard, count)
            let (violations, line) = search.lines(effort)
            isSound = isSound && line.violations == 0
            for violation in violations { write("\(violation)\n") }
            write("\(line)\n")
        }
        return isSound ? 0 : 1
    }

    private static func replay(_ label: String) -> Int32 {
        do {
            guard let fault = try Proofs.fault(replaying: label) else {
                write("nothing is wrong\n")
                return 0
            }
            write("\(fault)\n")
            return 1
        } catch {
            say("varve-prove: \(error)\n")
            return 2
        }
    }

    static func say(_ text: String) {
        let bytes = Array(text.utf8)
        try? LinuxStream.standardError.write(bytes.rawSpan)
    }

    private static func write(_ text: String) {
        let bytes = Array(text.utf8)
        try? LinuxStream.standardOutput.write(bytes.rawSpan)
    }
}
