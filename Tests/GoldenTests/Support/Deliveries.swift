import VarveTerms

/// Collects what a reader is given, in the form in which the sets hold it.
struct Deliveries {
    private var hash = SHA256()
    private var count = 0
    private var offsets: [ClosedRange<Int64>] = []

    mutating func take(_ offset: Offset, key: [UInt8]?, value: [UInt8]?) {
        hash.update("\(offset)".utf8)
        hash.update([0])
        hash.update(key ?? [])
        hash.update([0])
        hash.update(value ?? [])
        count += 1
        if let last = offsets.last, last.upperBound + 1 == offset.rawValue {
            offsets[offsets.count - 1] = last.lowerBound...offset.rawValue
        } else {
            offsets.append(offset.rawValue...offset.rawValue)
        }
    }

    var answer: ExpectedAnswers.Delivered {
        ExpectedAnswers.Delivered(
            count: count, sha256: hash.digest(),
            offsets: offsets.map {
                $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
            }.joined(separator: ","))
    }
}
