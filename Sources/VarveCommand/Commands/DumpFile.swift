internal import VarveLog

/// What kind of file a name is, to `varve dump`.
enum DumpFile {
    case batches, offsetIndex, timeIndex, transactionIndex, snapshot, ends, ring, text

    init?(_ name: String) {
        let stem = Self.withoutStanding(name)
        let end = stem.split(separator: ".", omittingEmptySubsequences: false).last
        switch end {
        case "log": self = .batches
        // Snapshots of the metadata log are batches: 00000000000000000070-0000000001.checkpoint.
        case "checkpoint" where stem.utf8.first.map { (48...57).contains($0) } ?? false:
            self = .batches
        case "index": self = .offsetIndex
        case "timeindex": self = .timeIndex
        case "txnindex": self = .transactionIndex
        case "snapshot": self = .snapshot
        default:
            guard stem != "varve.ends" else {
                self = .ends
                return
            }
            guard stem != "ring" else {
                self = .ring
                return
            }
            let isText =
                stem.hasSuffix("-checkpoint") || stem == MetaProperties.fileName
                || stem == PartitionMetadata.fileName || stem == CleanShutdownMarker.fileName
                || stem == "quorum-state"
            guard isText else { return nil }
            self = .text
        }
    }

    /// A name without what says that the file is on its way in or out.
    private static func withoutStanding(_ name: String) -> String {
        for standing in SegmentFileName.Standing.allCases
        where standing != .live && name.hasSuffix(standing.rawValue) {
            return String(name.dropLast(standing.rawValue.count))
        }
        return name
    }

    static func lastPart(of path: String) -> String {
        path.split(separator: "/").last.map { String($0) } ?? path
    }
}
