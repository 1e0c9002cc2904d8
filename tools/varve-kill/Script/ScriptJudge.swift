internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveProof
internal import VarveSim
internal import VarveSystem
internal import VarveTerms

/// Opens what a death left in a real directory, holds it against what must be there, goes on in
/// it, closes it, verifies it, and opens it again.
struct ScriptJudge {
    /// How the life before ended.
    enum Death: Hashable { case process, power }

    let script: Script
    let path: String
    let death: Death
    /// The boot in which the judge looks.
    let bootID: UniqueID
    private let fileSystem = LinuxFileSystem()

    init(_ script: Script, at path: String, after death: Death, bootID: UniqueID) {
        (self.script, self.path, self.death, self.bootID) = (script, path, death, bootID)
    }

    private var surroundings: Surroundings {
        Surroundings(
            fileSystem: fileSystem, clock: SimulatedClock(),
            randomness: SeededRandomness(seed: 2), processID: 2, bootID: bootID)
    }

    /// - Returns: what is wrong; nil when nothing is.
    func fault(expecting expectations: [Int: Expectation]) -> String? {
        do {
            let directory = try DataDirectory(path, in: surroundings)
            var later: [Int: Expectation] = [:]
            for (number, expectation) in expectations.sorted(by: { $0.key < $1.key }) {
                let log = try directory.openLog(
                    ScriptOwner.name(number), settings: script.settings)
                var next = expectation
                if let fault = fault(of: log, expectation, &next) {
                    return "log \(number): \(fault); \(log.recovery)"
                }
                if let fault = try faultOfAppending(to: log, &next) {
                    return "log \(number), append after it: \(fault)"
                }
                later[number] = next
            }
            try directory.close()
            return try faultOfVerifying() ?? faultOfReopening(later)
        } catch {
            return "threw \(error)"
        }
    }

    private func fault(
        of log: Log, _ expectation: Expectation, _ next: inout Expectation
    ) -> String? {
        let ends = log.ends
        let (start, end) = (Int(ends.start.rawValue), Int(ends.written.rawValue))
        let required = death == .power ? expectation.flushedEnd : expectation.writtenEnd
        if end < required { return "ends at \(end), acknowledged to \(required)" }
        if end > expectation.candidates.count { return "ends at \(end), past what was appended" }
        if ends.flushed != ends.written { return "recovered to \(end), flushed to \(ends.flushed)" }
        let contents = Contents(of: log.reader)
        if script.isCompacted {
            return CompactedContents(contents).fault(against: expectation, end: required)
        }
        if let fault = contents.fault(against: expectation, start: start, end: end) { return fault }
        if !log.recovery.damaged.isEmpty { return "damage in an undamaged log" }
        if !log.recovery.gaps.isEmpty { return "gaps in a log that has none" }
        next.settle(start: start, end: end, contents.served)
        return nil
    }

    private func faultOfAppending(to log: Log, _ next: inout Expectation) throws -> String? {
        let epoch = log.latestEpoch ?? .zero
        let value = "\(epoch.rawValue)/after"
        let base = Int(log.ends.written.rawValue)
        next.apply(.submit(at: base, [value]))
        let batch =
            script.isCompacted
            ? try ScriptOwner.keyedBatch([value]) : try Scene.batch([value])
        let receipt = try log.append(batch.rawSpan, epoch: epoch)
        if receipt.offsets.lowerBound.rawValue != Int64(base) { return "went to \(receipt)" }
        try log.flush()
        next.apply(.acknowledge(flushed: base + 1, written: base + 1))
        return nil
    }

    private func faultOfVerifying() throws -> String? {
        var first: Finding?
        _ = try Verification.directory(path, in: fileSystem) { finding in
            if finding.severity != .note { first = first ?? finding }
        }
        return first.map { "verification: \($0)" }
    }

    private func faultOfReopening(_ expectations: [Int: Expectation]) throws -> String? {
        let directory = try DataDirectory(path, in: surroundings)
        for (number, expectation) in expectations {
            let log = try directory.openLog(ScriptOwner.name(number), settings: script.settings)
            let (start, end) = (Int(log.ends.start.rawValue), Int(log.ends.written.rawValue))
            if !log.recovery.isClean { return "not clean after a clean close: \(log.recovery)" }
            if end != expectation.flushedEnd {
                return "ends at \(end) after a clean close, not \(expectation.flushedEnd)"
            }
            let contents = Contents(of: log.reader)
            let fault =
                script.isCompacted
                ? CompactedContents(contents).fault(against: expectation, end: end)
                : contents.fault(against: expectation, start: start, end: end)
            if let fault { return "after a clean close: \(fault)" }
        }
        try directory.close()
        return nil
    }
}
