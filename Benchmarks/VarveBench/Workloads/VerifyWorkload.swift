internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// A closed log in the page cache, verified from its first byte to its last.
struct VerifyWorkload {
    private let bench: Workbench
    private let folder: String
    private let size: Int

    /// - Parameter segments: how many of 128 MiB; a fourth of them in a quick run.
    init(_ bench: Workbench, segments: Int) throws {
        self.bench = bench
        folder = try bench.makeFolder()
        let pool = try BatchPool(
            count: bench.scaled(64, smoke: 2), recordsPerBatch: 100, seed: bench.options.seed)
        var settings = OpenedLog.settings(.pageCache)
        settings.segmentSizeMax = bench.options.isSmoke ? .mib(1) : .mib(128)
        let opened = try OpenedLog(in: folder, on: bench, settings)
        let perSegment = settings.segmentSizeMax.bytes / pool.batchSize
        let count = bench.scaled(
            segments * perSegment, quick: segments / 4 * perSegment, smoke: 12)
        for number in 0..<count {
            try bench.checkStop()
            try opened.log.append(pool.batch(number), checking: .frame)
        }
        size = count * pool.batchSize
        try opened.directory.close()
    }

    func pair() -> Pair {
        Pair(
            subject: { round in
                try round.time(work: 1) { _ in
                    var findings: UInt64 = 0
                    let totals = try Verification.directory(
                        "\(folder)/data", in: bench.fileSystem,
                        stopping: { [bench] in (try? bench.checkStop()) == nil },
                        report: { _ in findings += 1 })
                    try bench.checkStop()
                    guard totals.isSound, findings == 0 else {
                        throw VerifyError.findings(findings)
                    }
                    return UInt64(size)
                }
            },
            reference: { round in try sum(&round) })
    }

    /// The checksums of all segments, in mapped files.
    private func sum(_ round: inout Round) throws {
        let log = "\(folder)/data/log-0"
        let names = try bench.fileSystem.entries(of: log).map(\.name)
            .filter { $0.hasSuffix(".log") }.sorted()
        try round.time(work: 1) { _ in
            var digest: UInt64 = 0
            for name in names {
                let file = try OpenFile("\(log)/\(name)", .read, in: bench.fileSystem)
                let size = try file.size()
                let mapping = try file.map(size: size)
                digest = Digest.of(
                    digest, UInt64(CRC32C.checksum(mapping.bytes(in: 0..<size.bytes))))
            }
            return digest
        }
    }
}

/// What should not be.
enum VerifyError: Error, CustomStringConvertible {
    case findings(UInt64)

    var description: String {
        switch self {
        case .findings(let count): "\(count) findings in a log that nobody damaged"
        }
    }
}
