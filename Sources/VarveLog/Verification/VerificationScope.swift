internal import VarveRecords
internal import VarveSystem
public import VarveTerms

/// How far a verification got.
public struct VerificationProgress: Hashable, Sendable {
    /// The file that is being read.
    public var path: String
    /// Bytes of batches that were read, and that there are in all.
    public var done: ByteCount
    public var total: ByteCount
}

/// What a verification went through.
public struct VerificationTotals: Hashable, Sendable {
    public var logs = 0
    public var segments = 0
    public var batches = 0
    public var records: Int64 = 0
    public var size = ByteCount.zero
    public var findings: [Finding.Severity: Int] = [:]
    /// Whether it was stopped before the end.
    public var isStopped = false

    public init() {}

    /// What was gone through since `before`.
    func since(_ before: VerificationTotals) -> VerificationTotals {
        var totals = self
        totals.logs -= before.logs
        totals.segments -= before.segments
        totals.batches -= before.batches
        totals.records -= before.records
        totals.size = ByteCount(size.bytes - before.size.bytes)
        for (severity, count) in before.findings {
            let left = (findings[severity] ?? 0) - count
            totals.findings[severity] = left == 0 ? nil : left
        }
        return totals
    }

    /// Whether nothing was found that matters; notes do not.
    public var isSound: Bool {
        findings[.damage] == nil && findings[.index] == nil
    }
}

/// What verification hands its callers, and what it remembers on the way.
struct VerificationScope {
    let fileSystem: any FileSystem
    private let report: (Finding) -> Void
    private let progress: (VerificationProgress) -> Void
    private let mustStop: () -> Bool
    private(set) var totals = VerificationTotals()
    /// Files with which something is wrong.
    private var named: Set<String> = []
    /// Bytes of batches that there are.
    var expectedSize = ByteCount.zero

    init(
        fileSystem: any FileSystem, report: @escaping (Finding) -> Void,
        progress: @escaping (VerificationProgress) -> Void,
        mustStop: @escaping () -> Bool = { false }
    ) {
        self.fileSystem = fileSystem
        self.mustStop = mustStop
        self.report = report
        self.progress = progress
    }

    mutating func find(
        _ problem: Finding.Problem, in path: String, at positions: Range<FilePosition>? = nil,
        offsets: Range<Offset>? = nil
    ) {
        find(Finding(problem, in: path, at: positions, offsets: offsets))
    }

    /// A finding that says no more than that a file is another one: left out where it is known what
    /// is wrong with it.
    mutating func findUnlessNamed(_ finding: Finding) {
        if !named.contains(finding.path) { find(finding) }
    }

    mutating func find(_ finding: Finding) {
        if finding.severity != .note { named.insert(finding.path) }
        totals.findings[finding.severity, default: 0] += 1
        report(finding)
    }

    /// What the directory's commit ring holds is no fault; that it is damaged is one.
    mutating func find(in ring: CommitRingContents) {
        for positions in ring.damage { find(.ringDamaged, in: ring.path, at: positions) }
        let present = ring.shares.filter(\.isPresent)
        guard !present.isEmpty else { return }
        find(
            .ringNotDrained(frames: ring.frameCount, logs: present.count, ring.size), in: ring.path)
    }

    mutating func didTake(_ header: BatchHeader, of path: String) {
        totals.batches += 1
        totals.records += Int64(max(0, header.recordsCount))
        didRead(header.sizeInBytes, of: path)
    }

    mutating func didRead(_ size: Int, of path: String) {
        totals.size = totals.size + ByteCount(size)
        progress(
            VerificationProgress(path: path, done: totals.size, total: expectedSize))
    }

    /// Whether it is time to end; asked before each batch.
    mutating func isStopped() -> Bool {
        if !totals.isStopped { totals.isStopped = mustStop() }
        return totals.isStopped
    }

    mutating func didEnterLog() { totals.logs += 1 }
    mutating func didEnterSegment() { totals.segments += 1 }
}
