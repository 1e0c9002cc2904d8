import VarveBytes
public import VarveTerms

extension RecordBatchBuilder {
    /// Appends a record that owns its bytes.
    /// - Parameter now: the time of a record that has none.
    public mutating func append(
        _ record: Record, now: Timestamp, offsetDelta: Int32? = nil
    ) throws(BatchBuildError) -> BatchAppendOutcome {
        let delta = try checkedDelta(offsetDelta)
        var fieldsSize = Self.size(of: record.key) + Self.size(of: record.value)
        for header in record.headers {
            fieldsSize += Self.size(ofField: header.key.count) + Self.size(of: header.value)
        }
        guard let headerCount = Int32(exactly: record.headers.count) else {
            throw .sizeOverflow(size: fieldsSize)
        }
        guard
            try open(
                record.timestamp ?? now, delta: delta, headerCount: headerCount,
                fieldsSize: fieldsSize)
        else { return .full }
        frame.appendField(record.key)
        frame.appendField(record.value)
        frame.appendVarint(headerCount)
        for header in record.headers {
            frame.appendField(header.key)
            frame.appendField(header.value)
        }
        return .appended(offsetDelta: delta)
    }

    private static func size(of field: [UInt8]?) -> Int {
        guard let field else { return 1 }
        return size(ofField: field.count)
    }
}
