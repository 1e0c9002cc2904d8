import VarveBytes
import VarveLog
import VarveRecords
package import VarveSim
import VarveTerms

/// A log of one segment that is open and read while its bytes change under the reader.
///
/// The truth is kept beside it: whatever a read serves is held against what was appended, byte for
/// byte, and whatever it does not serve must be named by an error.
package final class LiveLog {
    package let disk: SimulatedDisk
    package let path: String
    private let log: Log
    private let directory: DataDirectory
    /// What is served is held against this.
    package var truth: Truth
    /// How many damages were found by an error.
    package private(set) var foundCount = 0

    /// - Parameters:
    ///   - size: about how long the `.log` gets.
    ///   - recordCounts: how many records of 100 bytes the batches have, in turn.
    ///   - epoch: the epoch of all batches; also what its records start with.
    package init(
        size: Int, recordCounts: [Int], epoch: Int32 = 3, indexInterval: Int = 4096
    ) throws {
        var settings = LogSettings()
        settings.flushPolicy = .pageCache
        settings.segmentSizeMax = ByteCount(size + size / 4 + 65_536)
        settings.indexInterval = ByteCount(indexInterval)
        settings.indexSizeMax = .kib(256)
        disk = SimulatedDisk()
        directory = try DataDirectory(
            Scene.path, in: Scene.surroundings(disk, boot: Scene.boot))
        log = try directory.openLog(Scene.name(), settings: settings)
        path = Scene.path + "/" + Scene.name().folder + "/00000000000000000000.log"
        var truth = Truth()
        while truth.bytes.count < size {
            let count = recordCounts[truth.batches.count % recordCounts.count]
            let batch = try Truth.batch(truth.batches.count, count: count, epoch: epoch)
            guard let epoch = LeaderEpoch(exactly: epoch) else { throw SceneError.notOpen }
            truth.add(try log.append(batch.rawSpan, epoch: epoch).offsets, size: batch.count)
        }
        // Batches since the last checkpoint have their own checksums alone.
        try directory.checkpoint()
        truth.bytes = disk.contents(path) ?? []
        self.truth = truth
        // Maps the file and its index.
        _ = try log.reader.read(from: Offset(1))
    }

    /// Lets `change` damage the file as readers see it, looks at what becomes of `region`, and
    /// undoes it.
    /// - Parameter isFull: whether to read everything from the log's start on.
    /// - Returns: what was served wrong or went missing without a word; nil when nothing did.
    package func fault(
        in region: Range<Int>, isFull: Bool = false,
        _ change: (UnsafeMutableRawBufferPointer) -> Void
    ) -> String? {
        _ = unsafe disk.withMapping(of: path) { unsafe change($0) }
        let batches = truth.batches
        let slots = isFull ? batches.indices : truth.batches(touching: region)
        let fault = read(
            batches[slots.lowerBound].offsets.lowerBound,
            to: batches[slots.upperBound - 1].offsets.upperBound, atOnce: isFull)
        _ = unsafe disk.withMapping(of: path) { bytes in
            unsafe truth.bytes.withUnsafeBytes { truth in
                unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[region])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: truth[region]))
            }
        }
        return fault
    }

    private func read(_ start: Offset, to end: Offset, atOnce: Bool) -> String? {
        var next = start
        var wasNamed = false
        while next < end {
            do {
                let outcome = try log.reader.read(
                    from: next, sizeMax: atOnce ? .mib(1) : ByteCount(1),
                    through: .includingUnflushed)
                guard case .batches(let found) = outcome else {
                    return "a read at \(next) says \(outcome)"
                }
                if let fault = truth.fault(of: found, at: next) { return fault }
                next = found.nextOffset
            } catch LogError.corrupt(let range) {
                guard range.offsets.contains(next) else {
                    return "a read at \(next) names \(range)"
                }
                wasNamed = true
                next = range.offsets.upperBound
            } catch {
                return "a read at \(next) throws \(error)"
            }
        }
        if wasNamed { foundCount += 1 }
        return nil
    }
}
