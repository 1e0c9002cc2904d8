internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// The programs that drive other stores, as `tools/setup-peers` makes them.
struct PeerHarness {
    /// The folder that they are in, each named as its peer.
    let directory: String
    let bench: Workbench

    func isThere(_ peer: Peer) -> Bool {
        let status = try? bench.fileSystem.status(at: "\(directory)/\(peer.rawValue)")
        return status?.kind == .file
    }

    /// Runs a workload to its end.
    /// - Parameter endsByKill: whether the program kills itself when it is done.
    func run(
        _ peer: Peer, _ workload: PeerWorkload, in folder: String, endsByKill: Bool = false
    ) throws -> PeerOutcome {
        let path = "\(directory)/\(peer.rawValue)"
        guard isThere(peer) else { throw PeerError.absent(path: path) }
        let child = try LinuxChild(starting: path, [workload.name, folder] + workload.options)
        let text = try output(of: child)
        let ending = child.wait()
        try bench.checkStop()
        guard ending == .exited(0) || endsByKill && ending.isKill else {
            throw PeerError.failed(peer: peer, ending: ending)
        }
        return try PeerOutcome(parsing: text)
    }

    /// All that a program says. One that is waited for when a signal comes is killed.
    private func output(of child: LinuxChild) throws -> String {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var span = buffer.mutableSpan
            var bytes = unsafe span.mutableBytes
            switch try child.output.read(into: &bytes) {
            case .bytes(let count): text += buffer[..<count]
            case .end: return String(decoding: text, as: UTF8.self)
            case .stopped:
                child.kill()
                throw BenchError.stopped
            }
        }
    }
}

/// What a harness is to do: a word, and numbers.
struct PeerWorkload {
    let name: String
    let options: [String]

    init(_ name: String, _ numbers: KeyValuePairs<String, Int> = [:]) {
        self.name = name
        options = numbers.map { "\($0.key)=\($0.value)" }
    }
}

extension PeerHarness {
    /// A side that runs a workload in the folder of each round.
    func side(_ peer: Peer, _ workload: PeerWorkload) -> PeerSide {
        { round in
            let outcome = try self.run(peer, workload, in: round.folder)
            try round.note(outcome, in: round.folder, self.bench.fileSystem)
            return outcome.program
        }
    }

    /// A side that opens a store of `recordCount` records that was closed, or killed with another
    /// `tailCount` records that nobody waited for.
    func reopening(
        _ peer: Peer, recordCount: Int, tailCount: Int, isKilled: Bool
    ) throws -> PeerSide {
        let folder = try bench.makeFolder()
        let fill = PeerWorkload("fill", ["count": recordCount, "kill": isKilled ? 1 : 0])
        _ = try run(peer, fill, in: folder, endsByKill: isKilled)
        return { round in
            if isKilled {
                let tail = PeerWorkload("tail", ["count": tailCount])
                _ = try self.run(peer, tail, in: folder, endsByKill: true)
            }
            let outcome = try self.run(peer, PeerWorkload("reopen"), in: folder)
            try round.note(outcome, in: folder, self.bench.fileSystem)
            return outcome.program
        }
    }
}

/// One round of another store: answers the store's name and version.
typealias PeerSide = (inout Round) throws -> String

extension Round {
    /// Notes what a harness measured.
    fileprivate mutating func note(
        _ outcome: PeerOutcome, in folder: String, _ fileSystem: LinuxFileSystem
    ) throws {
        let latencies = try PeerOutcome.latencies(outcome.latencyCount, in: folder, fileSystem)
        note(
            work: outcome.work, elapsed: outcome.elapsed, processorTime: outcome.processorTime,
            digest: outcome.digest, latencies: latencies)
    }
}
