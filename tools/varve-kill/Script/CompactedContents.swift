internal import VarveProof

/// What a reader serves of a log that is compacted: records may be gone, the latest of a key never.
struct CompactedContents {
    let contents: Contents

    init(_ contents: Contents) { self.contents = contents }

    /// - Parameter end: below it everything was promised.
    /// - Returns: what is wrong; nil when nothing is.
    func fault(against expectation: Expectation, end: Int) -> String? {
        if let stuck = contents.stuck { return "reading is stuck: \(stuck)" }
        if let first = contents.corrupt.first { return "damage in an undamaged log: \(first)" }
        var last = -1
        var latest: [String: Int] = [:]
        for record in contents.served {
            if record.offset <= last { return "offset \(record.offset) follows \(last)" }
            last = record.offset
            if let fault = Contents.fault(record, expectation) { return fault }
            if let key = Script.key(of: record.value) { latest[key] = record.offset }
        }
        for offset in 0..<end {
            guard let value = expectation.candidates[offset].last, let key = Script.key(of: value)
            else { continue }
            if latest[key, default: -1] < offset {
                return "key \(key) was appended at \(offset), its latest record is at "
                    + (latest[key].map { "\($0)" } ?? "no place")
            }
        }
        return nil
    }
}
