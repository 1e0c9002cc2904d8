import Testing
import VarveBytes
import VarveLog
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

/// Appends Kafka's batches, as they are, to a log of this engine's own.
///
/// Where a batch brings a new leader epoch the broker had been closed and started again: so is the
/// log, since its indexes count anew with each opening.
struct Replay {
    private let name: LogName
    private let settings: LogSettings
    private let files: [String: [UInt8]]

    init(_ name: LogName, _ settings: LogSettings, files: [String: [UInt8]]) {
        (self.name, self.settings, self.files) = (name, settings, files)
    }

    /// - Parameter isOneSegment: keep everything in one segment, whatever its size.
    /// - Returns: the files after a clean close, by their path below the directory.
    func run(_ segments: [GoldenSegment], isOneSegment: Bool) throws -> [String: [UInt8]] {
        var settings = settings
        if isOneSegment { settings.segmentSizeMax = ByteCount(Int(Int32.max)) }
        let disk = SimulatedDisk()
        try plant(segments[0].base, on: disk)
        var directory = try GoldenSet.open(disk)
        var log = try directory.openLog(name, settings: settings)
        var epoch: Int32?
        for segment in segments {
            for (batch, header) in zip(segment.batches, segment.headers) {
                if let epoch, header.partitionLeaderEpoch > epoch {
                    try directory.close()
                    directory = try GoldenSet.open(disk)
                    log = try directory.openLog(name, settings: settings, .mustExist)
                }
                epoch = header.partitionLeaderEpoch
                try log.appendAsSent(batch.rawSpan)
            }
        }
        try directory.close()
        var made: [String: [UInt8]] = [:]
        for path in disk.paths { made[String(path.dropFirst(3))] = disk.contents(path) }
        return made
    }

    /// A closed directory in which the log is there, empty, and starts at `base`.
    private func plant(_ base: Offset, on disk: SimulatedDisk) throws {
        let folder = "/d/" + name.folder
        disk.plantDirectory(folder)
        disk.setContents("/d/meta.properties", try #require(files["meta.properties"]))
        disk.setContents("/d/.kafka_cleanshutdown", Array(#"{"version":0,"brokerEpoch":1}"#.utf8))
        if let metadata = files[name.folder + "/partition.metadata"] {
            disk.setContents(folder + "/partition.metadata", metadata)
        }
        let digits = "\(base)"
        let stem = folder + "/" + String(repeating: "0", count: 20 - digits.count) + digits
        for suffix in [".log", ".index", ".timeindex"] { disk.setContents(stem + suffix, []) }
    }
}
