internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSystem
internal import VarveTerms

/// What a recovery finds in one log, as `varve recover` prints it.
struct RecoverReport {
    let name: LogName
    let report: RecoveryReport

    func print(to console: Console) throws(CommandError) {
        guard !console.isJSON else { return try console.output.line(json) }
        if report.isClean, console.isQuiet { return }
        try console.output.line(
            "\(name): ends at \(report.endOffset), known to be flushed up to "
                + "\(report.knownFlushed), \(report.scannedSize) bytes read"
                + (report.isClean ? "; nothing to do" : ""))
        for line in lines { try console.output.line("  " + line) }
    }

    private var lines: [String] {
        var lines = report.cut.map { cutLines(of: $0) } ?? []
        if report.trimmedSize > .zero {
            lines.append(
                "\(report.trimmedSize) bytes of zeros behind the last batch are given back: space "
                    + "that was written ahead")
        }
        lines += report.damaged.map { "damaged, kept and not served: \($0)" }
        lines += report.gaps.map { "no batch has offsets \($0.lowerBound)..<\($0.upperBound)" }
        lines += report.rebuiltIndexes.map {
            "indexes of segment \($0.segment) are made anew: \($0.reason)"
        }
        if report.rebuiltEpochs { lines.append("leader epochs are collected from the batches") }
        lines += report.completedReplacements.map {
            "a compaction that was interrupted is completed: segment \($0) takes the place of "
                + "those that it was made of"
        }
        lines += report.removedFiles.map { "\($0) belongs to no segment and is removed" }
        return lines
    }

    private func cutLines(of cut: RecoveryReport.Cut) -> [String] {
        var lines = [
            "cut: \(cut.size) bytes of \(cut.path) from byte \(cut.position) on, with "
                + "\(cut.batches) whole batches of \(cut.records) records in them: "
                + Self.text(of: cut.reason)
        ]
        lines += cut.removedSegments.map { "segment \($0) goes with them" }
        switch cut.standing {
        case .neverAcknowledged: lines.append("nothing of it was ever acknowledged")
        case .possiblyAcknowledged(let offsets):
            lines.append(
                "possibly acknowledged: offsets \(offsets.lowerBound)..<\(offsets.upperBound)")
        }
        return lines
    }

    private static func text(of reason: RecoveryReport.Reason) -> String {
        switch reason {
        case .defect(let defect): "\(defect)"
        case .failedFlush: "a flush had failed"
        }
    }

    // MARK: JSON

    private var json: JSON {
        [
            "log": .text("\(name)"), "clean": .flag(report.isClean),
            "endOffset": .number(report.endOffset.rawValue),
            "knownFlushed": .number(report.knownFlushed.rawValue),
            "scannedBytes": .count(report.scannedSize.bytes),
            "cut": report.cut.map(Self.json) ?? .null,
            "trimmedBytes": .count(report.trimmedSize.bytes),
            "damaged": .list(report.damaged.map(Self.json)),
            "gaps": .list(report.gaps.map(Self.json)),
            "rebuiltIndexes": .list(
                report.rebuiltIndexes.map {
                    ["segment": .number($0.segment.rawValue), "reason": .text($0.reason)]
                }),
            "rebuiltEpochs": .flag(report.rebuiltEpochs),
            "completedReplacements": .list(
                report.completedReplacements.map { .number($0.rawValue) }),
            "removedFiles": .list(report.removedFiles.map { .text($0) }),
        ]
    }

    private static func json(_ cut: RecoveryReport.Cut) -> JSON {
        let possible: JSON =
            switch cut.standing {
            case .neverAcknowledged: .null
            case .possiblyAcknowledged(let offsets): json(offsets)
            }
        return [
            "file": .text(cut.path), "position": .count(cut.position.bytes),
            "size": .count(cut.size.bytes), "batches": .count(cut.batches),
            "records": .number(cut.records.rawValue), "reason": .text(text(of: cut.reason)),
            "removedSegments": .list(cut.removedSegments.map { .number($0.rawValue) }),
            "possiblyAcknowledged": possible,
        ]
    }

    private static func json(_ range: CorruptRange) -> JSON {
        [
            "file": .text(range.path), "position": .count(range.positions.lowerBound.bytes),
            "endPosition": .count(range.positions.upperBound.bytes),
            "offsets": json(range.offsets), "defect": .text("\(range.defect)"),
        ]
    }

    private static func json(_ offsets: Range<Offset>) -> JSON {
        [.number(offsets.lowerBound.rawValue), .number(offsets.upperBound.rawValue)]
    }
}

/// A question on the terminal, before something is taken away.
enum RecoverQuestion {
    /// - Throws: `.ended` unless the answer begins with a y.
    static func ask(_ question: String, _ console: Console) throws(CommandError) {
        try console.output.flush()
        console.clearProgress()
        let prompt = Array("\(question) [y/N] ".utf8)
        try files { () throws(FileError) in
            try LinuxStream.standardError.write(prompt.rawSpan)
        }
        var line = ByteBuffer()
        do throws(FileError) {
            try line.append(reserving: 256) { bytes throws(FileError) in
                guard case .bytes(let count) = try LinuxStream.standardInput.read(into: &bytes)
                else { return 0 }
                return count
            }
        } catch {
            throw .file(error)
        }
        try console.checkStop()
        guard !line.isEmpty,
            [UInt8(ascii: "y"), UInt8(ascii: "Y")].contains(line.bytes.uint8(at: 0))
        else { throw .ended(.no, "nothing was changed") }
    }
}
