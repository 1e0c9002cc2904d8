internal import VarveTerms

/// What opening a log found, in three words where that is nothing: thousands of logs may be open.
enum OpeningFindings {
    /// Nothing but where the log ends.
    case nothing(knownFlushed: Offset, end: Offset, scanned: ByteCount)
    case something(Found)

    final class Found: Sendable {
        let report: RecoveryReport

        init(_ report: RecoveryReport) { self.report = report }
    }

    init(_ report: RecoveryReport) {
        var plain = RecoveryReport(
            path: report.path, knownFlushed: report.knownFlushed, endOffset: report.endOffset)
        plain.scannedSize = report.scannedSize
        self =
            report == plain
            ? .nothing(
                knownFlushed: report.knownFlushed, end: report.endOffset,
                scanned: report.scannedSize) : .something(Found(report))
    }

    func report(of path: String) -> RecoveryReport {
        switch self {
        case .nothing(let known, let end, let scanned):
            var report = RecoveryReport(path: path, knownFlushed: known, endOffset: end)
            report.scannedSize = scanned
            return report
        case .something(let found): return found.report
        }
    }
}
