internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

extension Dump {
    /// Prints a file of batches, one by one, and steps over what is none.
    mutating func printBatches(_ path: String, as name: String) throws(CommandError) {
        let fileSystem = fileSystem
        var file = try engine { () throws(LogError) in try BatchFile(path, in: fileSystem) }
        var scanner = RecordScanner()
        if !console.isJSON { try console.output.line(name) }
        while let step = try Self.next(&file) {
            switch step {
            case .batch(let header, let position):
                let line = DumpBatch(header: header, position: position, name: name)
                let defect =
                    console.isJSON
                    ? line.printJSON(
                        file.batchBytes, &scanner, isShallow, into: &console.output.buffer)
                    : line.printText(
                        file.batchBytes, &scanner, isShallow, into: &console.output.buffer)
                if let defect {
                    noteDamage("\(path) at byte \(position): \(defect)")
                }
            case .damage(let range):
                if file.isBlank(range) {
                    printBlank(range.positions, as: name)
                } else {
                    printDamage(range, as: name)
                }
            }
            try console.output.settle()
            try console.checkStop()
        }
        if console.isJSON {
            try console.output.line([
                "file": .text(name), "bytes": .count(file.size.bytes),
                "wholeBatchesEndAt": .count(file.endPosition.bytes),
            ])
        }
    }

    /// Lets the file throw what a command throws.
    private static func next(_ file: inout BatchFile) throws(CommandError) -> BatchFile.Step? {
        do throws(LogError) { return try file.next() } catch { throw .log(error) }
    }

    /// Prints zeros at the end of the file, which are no damage: a log that is open writes them.
    private mutating func printBlank(_ positions: Range<FilePosition>, as name: String) {
        let (start, end) = (positions.lowerBound, positions.upperBound)
        if console.isJSON {
            let line: JSON = [
                "file": .text(name), "position": .count(start.bytes),
                "size": .count(start.distance(to: end)), "zeros": .flag(true),
            ]
            line.write(to: &console.output.buffer)
            console.output.buffer.append(UInt8(ascii: "\n"))
        } else {
            console.output.buffer.append(
                "  zeros at \(start), \(start.distance(to: end)) bytes, written ahead of batches\n")
        }
    }

    private mutating func printDamage(_ range: CorruptRange, as name: String) {
        let (start, end) = (range.positions.lowerBound, range.positions.upperBound)
        if console.isJSON {
            let line: JSON = [
                "file": .text(name), "position": .count(start.bytes),
                "size": .count(start.distance(to: end)), "valid": false,
                "firstOffset": .number(range.offsets.lowerBound.rawValue),
                "endOffset": .number(range.offsets.upperBound.rawValue),
                "defect": .text("\(range.defect)"),
            ]
            line.write(to: &console.output.buffer)
            console.output.buffer.append(UInt8(ascii: "\n"))
        } else {
            console.output.buffer.append(
                "  damage at \(start), \(start.distance(to: end)) bytes: \(range.defect)\n")
        }
        noteDamage("\(range)")
    }
}

/// One batch as it is printed.
struct DumpBatch {
    let header: BatchHeader
    let position: FilePosition
    let name: String

    // MARK: JSON

    /// Appends the batch and its records as one line. The names are those of Kafka's own reader.
    /// - Returns: what is wrong with the records; those before it are printed.
    func printJSON(
        _ batch: RawSpan, _ scanner: inout RecordScanner, _ isShallow: Bool,
        into buffer: inout ByteBuffer
    ) -> BatchDefect? {
        buffer.append("{\"file\":")
        buffer.appendJSON(text: name)
        printHeader(into: &buffer)
        var defect: BatchDefect?
        if !isShallow {
            buffer.append(",\"records\":[")
            defect = printRecords(batch, &scanner, into: &buffer)
            buffer.append(UInt8(ascii: "]"))
        }
        if let defect {
            buffer.append(",\"defect\":")
            buffer.appendJSON(text: "\(defect)")
        }
        buffer.append("}\n")
        return defect
    }

    private func printHeader(into buffer: inout ByteBuffer) {
        guard !header.isLegacy else { return printLegacyHeader(into: &buffer) }
        let attributes = header.attributes
        buffer.append(
            ",\"position\":\(position),\"size\":\(header.sizeInBytes),\"magic\":\(header.magic)"
                + ",\"valid\":true,\"baseOffset\":\(header.baseOffset)"
                + ",\"lastOffset\":\(header.lastOffset ?? -1),\"crc\":\(header.crc)"
                + ",\"leaderEpoch\":\(header.partitionLeaderEpoch)"
                + ",\"codec\":\"\(attributes.codec?.name ?? "\(attributes.codecNumber)")\"")
        buffer.append(
            ",\"timestampType\":\"\(header.timestampType.kafkaName)\""
                + ",\"maxTimestamp\":\(header.maxTimestamp),\"producerId\":\(header.producerId)"
                + ",\"producerEpoch\":\(header.producerEpoch)"
                + ",\"baseSequence\":\(header.baseSequence)"
                + ",\"lastSequence\":\(header.lastSequence ?? -1)"
                + ",\"transactional\":\(attributes.isTransactional)"
                + ",\"control\":\(attributes.isControl)")
        if let horizon = header.deleteHorizon { buffer.append(",\"deleteHorizonMs\":\(horizon)") }
        buffer.append(",\"count\":\(header.recordsCount)")
    }

    /// What an entry of magic 0 or 1 says before its records.
    private func printLegacyHeader(into buffer: inout ByteBuffer) {
        let codec = header.attributes.codec?.name ?? "\(header.attributes.codecNumber)"
        let times = header.magic == 0 ? "NoTimestampType" : header.timestampType.kafkaName
        buffer.append(
            ",\"position\":\(position),\"size\":\(header.sizeInBytes),\"magic\":\(header.magic)"
                + ",\"valid\":true,\"lastOffset\":\(header.baseOffset),\"crc\":\(header.crc)"
                + ",\"codec\":\"\(codec)\",\"timestampType\":\"\(times)\""
                + ",\"maxTimestamp\":\(header.maxTimestamp)")
    }

    private func printRecords(
        _ batch: RawSpan, _ scanner: inout RecordScanner, into buffer: inout ByteBuffer
    ) -> BatchDefect? {
        var isFirst = true
        do throws(BatchDefect) {
            try scanner.forEachRecord(in: batch) { record throws(BatchDefect) in
                if !isFirst { buffer.append(UInt8(ascii: ",")) }
                isFirst = false
                Self.print(record, into: &buffer)
            }
            return nil
        } catch {
            return error
        }
    }

    private static func print(_ record: borrowing RecordView, into buffer: inout ByteBuffer) {
        buffer.append("{\"offset\":")
        buffer.append(decimal: record.offset.rawValue)
        buffer.append(",\"timestamp\":")
        buffer.append(decimal: record.timestamp.milliseconds)
        if let sequence = record.sequence {
            buffer.append(",\"sequence\":")
            buffer.append(decimal: Int64(sequence))
        }
        buffer.append(",\"key\":")
        buffer.appendHexJSON(record.key)
        buffer.append(",\"value\":")
        buffer.appendHexJSON(record.value)
        if record.headerCount > 0 {
            buffer.append(",\"headers\":[")
            var headers = record.headers
            var isFirst = true
            while let header = headers.next() {
                buffer.append(isFirst ? "[" : ",[")
                isFirst = false
                buffer.appendJSON(text: String(decoding: header.key.array(), as: UTF8.self))
                buffer.append(UInt8(ascii: ","))
                buffer.appendHexJSON(header.value)
                buffer.append(UInt8(ascii: "]"))
            }
            buffer.append(UInt8(ascii: "]"))
        }
        buffer.append(UInt8(ascii: "}"))
    }

    // MARK: Text

    /// Appends the batch in one line, and each record in one.
    /// - Returns: what is wrong with the records; those before it are printed.
    func printText(
        _ batch: RawSpan, _ scanner: inout RecordScanner, _ isShallow: Bool,
        into buffer: inout ByteBuffer
    ) -> BatchDefect? {
        buffer.append("  " + summary + "\n")
        guard !isShallow else { return nil }
        let isControl = header.attributes.isControl
        do throws(BatchDefect) {
            try scanner.forEachRecord(in: batch) { record throws(BatchDefect) in
                Self.printText(record, isControl: isControl, into: &buffer)
            }
            return nil
        } catch {
            buffer.append("    damage: \(error)\n")
            return error
        }
    }

    private var summary: String {
        guard !header.isLegacy else { return legacySummary }
        let last = header.lastOffset ?? header.baseOffset
        let attributes = header.attributes
        var text =
            "batch at \(position), \(header.sizeInBytes) bytes: offsets \(header.baseOffset) "
            + "to \(last), \(header.recordsCount) "
            + (header.recordsCount == 1 ? "record" : "records")
            + ", leader epoch \(header.partitionLeaderEpoch)"
        if let codec = attributes.codec, codec != .none { text += ", \(codec.name)" }
        let time = TimeText.show(Timestamp(milliseconds: header.maxTimestamp))
        text += header.timestampType == .logAppend ? ", appended \(time)" : ", newest \(time)"
        if header.producerId >= 0 {
            text += ", producer \(header.producerId) epoch \(header.producerEpoch)"
            if let last = header.lastSequence {
                text += " sequences \(header.baseSequence) to \(last)"
            }
        }
        if attributes.isTransactional { text += ", transactional" }
        if attributes.isControl { text += ", control" }
        if let horizon = header.deleteHorizon {
            text += ", delete horizon \(TimeText.show(horizon))"
        }
        return text + ", crc \(DumpText.hex(header.crc))"
    }

    private var legacySummary: String {
        let attributes = header.attributes
        var text =
            "entry of format \(header.magic) at \(position), \(header.sizeInBytes) bytes: "
            + (attributes.isCompressed ? "offsets up to " : "offset ") + "\(header.baseOffset)"
        if let codec = attributes.codec, codec != .none { text += ", \(codec.name)" }
        if header.magic > 0 {
            let time = TimeText.show(Timestamp(milliseconds: header.maxTimestamp))
            text += header.timestampType == .logAppend ? ", appended \(time)" : ", newest \(time)"
        }
        return text + ", crc \(DumpText.hex(header.crc))"
    }

    private static func printText(
        _ record: borrowing RecordView, isControl: Bool, into buffer: inout ByteBuffer
    ) {
        buffer.append("    \(record.offset)  \(TimeText.show(record.timestamp))")
        if isControl, let key = record.key, let control = ControlRecord(key: key) {
            buffer.append("  \(DumpText.name(of: control.kind))\n")
            return
        }
        buffer.append("  key \(DumpText.bytes(record.key))  value \(DumpText.bytes(record.value))")
        var headers = record.headers
        while let header = headers.next() {
            buffer.append("  \(DumpText.bytes(header.key)): \(DumpText.bytes(header.value))")
        }
        buffer.append(UInt8(ascii: "\n"))
    }
}

extension TimestampType {
    /// As Kafka names it.
    var kafkaName: String {
        switch self {
        case .create: "CreateTime"
        case .logAppend: "LogAppendTime"
        }
    }
}
