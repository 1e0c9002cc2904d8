import VarveBytes
package import VarveLog
import VarveRecords
package import VarveSim
import VarveTerms

/// A small log whose files are damaged one at a time, and what may come of it: what is served was
/// appended there, and what is missing is named.
package struct DamagedLog {
    /// What is wrong with what an opening made of the damage.
    package enum Wrong: String, Hashable, Comparable {
        case servedElsewhere = "records are served that were not appended there"
        case servedUnderOtherEpoch = "records are served under another epoch"
        case missing = "acknowledged records are missing, and nothing says so"
        case stuck = "reading does not come to an end"
        case forgottenEpoch = "the latest epoch is another one"
        case untyped = "the error is of no known type"

        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// What became of one damage.
    package struct Finding {
        package var wrong: Set<Wrong> = []
        /// Whether an error or a report says that something is amiss.
        package var isReported = false
        package var detail = ""
    }

    package let disk: SimulatedDisk
    package let expectation: Expectation
    package let latestEpoch: Int32
    package let settings: LogSettings

    /// Two segments of small batches, of three epochs, some compressed.
    /// - Parameter short: whether the last append is left out.
    package init(closed: Bool, short: Bool = false) throws {
        settings = Workload.settings { $0.indexInterval = ByteCount(60) }
        let scene = Scene(SimulatedDisk(), settings: settings)
        try scene.open()
        try scene.append(2)
        scene.pass(.seconds(1))
        try scene.append(2, epoch: 1, compression: .lz4)
        scene.pass(.seconds(1))
        try scene.append(epoch: 1)
        try scene.checkpoint()
        try scene.roll()
        try scene.append(2, epoch: 2)
        scene.pass(.seconds(1))
        try scene.append(epoch: 2)
        scene.pass(.seconds(1))
        if !short { try scene.append(2, epoch: 2) }
        if closed { try scene.close() }
        expectation = scene.expectations(at: .max)[Scene.name()] ?? Expectation()
        latestEpoch = 2
        disk = scene.disk.crash(keeping: .all)
    }

    /// The files that are damaged.
    package var paths: [String] { disk.paths }

    package func copy() -> SimulatedDisk { disk.crash(keeping: .all) }

    /// Opens the damaged disk in a new life, reads everything, and goes on in it.
    package func finding(on damaged: SimulatedDisk, goesOn: Bool) -> Finding {
        var finding = Finding()
        do {
            let boot = UniqueID(high: 7, low: 9)
            let directory = try DataDirectory(
                Scene.path, in: Scene.surroundings(damaged, boot: boot))
            let log = try directory.openLog(Scene.name(), settings: settings)
            examine(log, &finding)
            if goesOn { try goOn(directory, log) }
        } catch is LogError {
            finding.isReported = true
        } catch {
            finding.wrong.insert(.untyped)
            finding.detail = "\(error)"
        }
        return finding
    }

    private func examine(_ log: Log, _ finding: inout Finding) {
        let contents = Contents(of: log.reader)
        let report = log.recovery
        var named = report.damaged.map(\.offsets) + contents.corrupt.map(\.offsets) + report.gaps
        if case .possiblyAcknowledged(let offsets)? = report.cut?.standing { named.append(offsets) }
        finding.isReported = !report.isClean || !named.isEmpty
        if let stuck = contents.stuck {
            finding.wrong.insert(.stuck)
            finding.detail = stuck
        }
        var found: Set<Int> = []
        for record in contents.served {
            found.insert(record.offset)
            guard let fault = Contents.fault(record, expectation) else { continue }
            finding.wrong.insert(
                fault.contains("under epoch") ? .servedUnderOtherEpoch : .servedElsewhere)
            finding.detail = fault
        }
        for offset in expectation.startMax..<expectation.flushedEnd where !found.contains(offset) {
            if named.contains(where: { $0.contains(Offset(Int64(offset))) }) { continue }
            finding.wrong.insert(.missing)
            finding.detail = "\(offset) of \(log.ends); \(report)"
        }
        let isWhole = found.isSuperset(of: expectation.startMax..<expectation.flushedEnd)
        if isWhole, log.latestEpoch?.rawValue != latestEpoch {
            finding.wrong.insert(.forgottenEpoch)
            finding.detail = "\(String(describing: log.latestEpoch))"
        }
    }

    /// A log that was opened takes appends, whatever had become of it, and closes.
    private func goOn(_ directory: DataDirectory, _ log: Log) throws {
        let batch = try Scene.batch(["after"])
        try log.append(batch.rawSpan, epoch: log.latestEpoch ?? .zero)
        try directory.close()
    }

    /// What stands at a byte of a file, as the list of known gaps names it.
    package func field(at byte: Int, of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let kind = name.hasPrefix("0000") ? String(name.drop { $0 != "." }) : name
        let bytes = disk.contents(path) ?? []
        switch kind {
        case ".log": return ".log " + Self.batchField(at: byte, in: bytes)
        case ".index": return byte % 8 < 4 ? ".index offset" : ".index position"
        case ".timeindex": return byte % 12 < 8 ? ".timeindex time" : ".timeindex offset"
        default: return kind
        }
    }

    private static func batchField(at byte: Int, in bytes: [UInt8]) -> String {
        var start = 0
        while let header = BatchHeader(bytes.rawSpan, at: start),
            start + header.sizeInBytes <= byte
        {
            start += header.sizeInBytes
        }
        let place = byte - start
        let fields: [(Int, String)] = [
            (BatchLayout.baseOffset.end, "base offset"), (BatchLayout.batchLength.end, "length"),
            (BatchLayout.partitionLeaderEpoch.end, "leader epoch"),
            (BatchLayout.magic.end, "magic"), (BatchLayout.crc.end, "checksum"),
        ]
        return fields.first { place < $0.0 }?.1 ?? "what the checksum covers"
    }
}
