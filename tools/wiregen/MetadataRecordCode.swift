/// The Swift of the enumeration over the records of the metadata log.
struct MetadataRecordCode {
    let records: [Message]

    private func caseName(of record: Message) -> String {
        let name = record.name.hasSuffix("Record") ? record.name.dropLast(6) : record.name[...]
        return name.prefix(1).lowercased() + name.dropFirst()
    }

    var lines: [String] {
        var lines = ["/// A record of the metadata log (KIP-631), by its kind."]
        lines += ["public enum MetadataRecord: Equatable, Sendable {"]
        lines += records.map { "    case \(caseName(of: $0))(\($0.name))" }
        lines += ["", "    /// Decodes the body of a record; nil where no record has the key."]
        lines += ["    init?(key: UInt32, version: Int16, _ r: inout WireReader)"]
        lines[lines.count - 1] += " throws(WireError) {"
        lines.append("        switch key {")
        for record in records {
            let body = "\(record.name)(decoding: &r, version: version)"
            lines.append(
                "        case \(record.key ?? 0): self = .\(caseName(of: record))(try \(body))")
        }
        lines += ["        default: return nil", "        }", "    }", ""]
        lines += ["    /// The record as a message."]
        lines += ["    public var message: any WireMessage {", "        switch self {"]
        lines += records.map { "        case .\(caseName(of: $0))(let record): record" }
        return lines + ["        }", "    }", "}"]
    }
}
