internal import VarveTerms

/// The names of one segment's files, from its log's folder and its base offset: one object for all
/// that have to do with the segment.
final class SegmentPaths: Sendable {
    let folder: String
    let baseOffset: Offset
    /// Where the batches are when not under the name that they have in a log.
    let logPath: String?

    init(folder: String, baseOffset: Offset, logPath: String? = nil) {
        (self.folder, self.baseOffset, self.logPath) = (folder, baseOffset, logPath)
    }

    var log: String { logPath ?? path(.log) }
    var offsetIndex: String { path(.index) }
    var timeIndex: String { path(.timeIndex) }
    var transactionIndex: String { path(.transactionIndex) }
    var sidecar: String { path(.sidecar) }

    /// Every file that goes when the segment goes.
    var all: [String] { SegmentFileName.Content.allCases.map { path($0) } }

    func path(_ content: SegmentFileName.Content) -> String {
        "\(folder)/\(SegmentFileName(baseOffset, content))"
    }
}
