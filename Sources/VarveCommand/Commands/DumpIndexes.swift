internal import VarveBytes
internal import VarveLog
internal import VarveTerms

extension Dump {
    /// Prints an offset or time index: the entries that are in order, and what follows them.
    mutating func printIndex(
        _ path: String, as name: String, _ kind: DumpFile
    ) throws(CommandError) {
        let content = try content(of: path)
        let last = DumpFile.lastPart(of: path)
        let base = SegmentFileName(last)?.baseOffset.rawValue ?? 0
        let rows = kind == .offsetIndex ? offsetRows(content, base) : timeRows(content, base)
        let rest = content.dropFirst(rows.size)
        let isUnused = rest.allSatisfy { $0 == 0 }
        if console.isJSON {
            let entries = rows.entries.map { JSON.list([.number($0.0), .number($0.1)]) }
            var members: [JSON.Member] = [
                .init(name: "file", value: .text(name)),
                .init(
                    name: kind == .offsetIndex ? "offsetIndex" : "timeIndex",
                    value: .list(entries)),
            ]
            if !rest.isEmpty {
                members.append(
                    .init(name: isUnused ? "unused" : "disorder", value: .count(rest.count)))
            }
            try console.output.line(.object(members))
        } else {
            try console.output.line(name)
            for (first, second) in rows.entries {
                guard kind == .timeIndex else {
                    try console.output.line("  offset \(first) at byte \(second)")
                    continue
                }
                let time = TimeText.show(Timestamp(milliseconds: first))
                try console.output.line("  \(time) up to offset \(second)")
            }
            if !rest.isEmpty {
                try console.output.line(
                    "  \(rest.count) bytes \(isUnused ? "unused" : "in disorder")")
            }
        }
        if !isUnused {
            noteDamage("\(path): entries from byte \(rows.size) on are out of order")
        }
    }

    private struct Rows {
        var entries: [(Int64, Int64)] = []
        var size = 0
    }

    private func offsetRows(_ content: [UInt8], _ base: Int64) -> Rows {
        let bytes = content.rawSpan
        var rows = Rows()
        for slot in 0..<OffsetIndexLayout.lawfulCount(in: bytes, logSize: .max) {
            let entry = OffsetIndexLayout.entry(slot, in: bytes)
            rows.entries.append((base &+ Int64(entry.relativeOffset), Int64(entry.position)))
            rows.size += OffsetIndexLayout.entrySize
        }
        return rows
    }

    private func timeRows(_ content: [UInt8], _ base: Int64) -> Rows {
        let bytes = content.rawSpan
        var rows = Rows()
        for slot in 0..<TimeIndexLayout.lawfulCount(in: bytes) {
            let entry = TimeIndexLayout.entry(slot, in: bytes)
            rows.entries.append(
                (entry.timestamp.milliseconds, base &+ Int64(entry.relativeOffset)))
            rows.size += TimeIndexLayout.entrySize
        }
        return rows
    }

    mutating func printTransactions(_ path: String, as name: String) throws(CommandError) {
        let content = try content(of: path)
        guard let index = TransactionIndexFile(parsing: content) else {
            return try printUnreadable(
                path, as: name, "\(content.count) bytes are no entries of 34")
        }
        guard !console.isJSON else {
            return try console.output.line([
                "file": .text(name),
                "abortedTransactions": .list(
                    index.transactions.map {
                        [
                            "version": .number(Int64($0.version)),
                            "producerId": .number($0.producerId),
                            "firstOffset": .number($0.firstOffset),
                            "lastOffset": .number($0.lastOffset),
                            "lastStableOffset": .number($0.lastStableOffset),
                        ]
                    }),
            ])
        }
        try console.output.line(name)
        for row in index.transactions {
            try console.output.line(
                "  aborted: producer \(row.producerId), offsets \(row.firstOffset) to "
                    + "\(row.lastOffset), last stable offset \(row.lastStableOffset)")
        }
    }

    mutating func printSnapshot(_ path: String, as name: String) throws(CommandError) {
        let content = try content(of: path)
        guard let snapshot = ProducerSnapshotFile(parsing: content) else {
            return try printUnreadable(
                path, as: name, "\(content.count) bytes are no snapshot of producers")
        }
        if console.isJSON {
            try console.output.line([
                "file": .text(name), "producers": .list(snapshot.producers.map(Self.json)),
                "version": .number(Int64(snapshot.version)), "crc": .number(Int64(snapshot.crc)),
            ])
        } else {
            try console.output.line(
                "\(name): version \(snapshot.version), crc \(DumpText.hex(snapshot.crc))")
            for row in snapshot.producers { try console.output.line("  " + Self.text(row)) }
        }
        if !snapshot.isCRCRight { noteDamage("\(path): the checksum does not hold") }
    }

    private static func json(_ row: ProducerSnapshotFile.Producer) -> JSON {
        [
            "producerId": .number(row.producerId),
            "producerEpoch": .number(Int64(row.producerEpoch)),
            "lastSequence": .number(Int64(row.lastSequence)),
            "lastOffset": .number(row.lastOffset), "offsetDelta": .number(Int64(row.offsetDelta)),
            "timestamp": .number(row.timestamp.milliseconds),
            "coordinatorEpoch": .number(Int64(row.coordinatorEpoch)),
            "currentTxnFirstOffset": .number(row.currentTransactionFirstOffset),
        ]
    }

    private static func text(_ row: ProducerSnapshotFile.Producer) -> String {
        "producer \(row.producerId) epoch \(row.producerEpoch): last sequence \(row.lastSequence) "
            + "at offset \(row.lastOffset), \(TimeText.show(row.timestamp)), "
            + (row.currentTransactionFirstOffset < 0
                ? "no transaction" : "transaction from \(row.currentTransactionFirstOffset)")
    }

    private mutating func printUnreadable(
        _ path: String, as name: String, _ reason: String
    ) throws(CommandError) {
        if console.isJSON {
            try console.output.line(["file": .text(name), "defect": .text(reason)])
        } else {
            try console.output.line("\(name): \(reason)")
        }
        noteDamage("\(path): \(reason)")
    }

    // MARK: The ends, and texts

    mutating func printEnds(_ path: String, as name: String) throws(CommandError) {
        let content = try content(of: path)
        guard let ends = PublishedEnds(file: content.rawSpan) else {
            return try printUnreadable(path, as: name, "neither slot is whole")
        }
        if console.isJSON {
            return try console.output.line([
                "file": .text(name), "sequence": .number(Int64(clamping: ends.sequence)),
                "bootId": .text("\(ends.bootID)"),
                "segment": .number(ends.segmentBase.rawValue),
                "flushedSize": .number(ends.flushedSize), "writtenSize": .number(ends.writtenSize),
                "start": .number(ends.ends.start.rawValue),
                "flushed": .number(ends.ends.flushed.rawValue),
                "written": .number(ends.ends.written.rawValue), "poisoned": .flag(ends.isPoisoned),
            ])
        }
        try console.output.line(
            "\(name): start \(ends.ends.start), flushed \(ends.ends.flushed), written "
                + "\(ends.ends.written); segment \(ends.segmentBase) flushed to byte "
                + "\(ends.flushedSize), written to \(ends.writtenSize)"
                + (ends.isPoisoned ? "; a flush failed" : ""))
    }

    /// Prints a text file as it is.
    mutating func printText(_ path: String, as name: String) throws(CommandError) {
        let text = String(decoding: try content(of: path), as: UTF8.self)
        guard !console.isJSON else {
            return try console.output.line(["file": .text(name), "text": .text(text)])
        }
        try console.output.line(name)
        for line in text.split(separator: "\n") { try console.output.line("  \(line)") }
    }
}
