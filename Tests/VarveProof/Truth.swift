import VarveBytes
package import VarveLog
import VarveRecords
package import VarveTerms

/// What was appended to a log of one segment, byte for byte.
package struct Truth {
    package struct Batch {
        package var position: Int
        package var size: Int
        package var offsets: Range<Offset>
    }

    package private(set) var batches: [Batch] = []
    /// The bytes of the `.log` as they were appended.
    package var bytes: [UInt8] = []

    package init() {}

    /// A batch of records of 100 bytes, like no other.
    static func batch(_ number: Int, count: Int, epoch: Int32) throws -> [UInt8] {
        let values = (0..<count).map { place in
            let text = "\(epoch)/\(number)/\(place)"
            return text + String(repeating: ".", count: max(0, 100 - text.utf8.count))
        }
        return try Scene.batch(values, timestamp: 1_000 + Int64(number))
    }

    /// Notes a batch that was appended behind the others.
    mutating func add(_ offsets: Range<Offset>, size: Int) {
        let position = batches.last.map { $0.position + $0.size } ?? 0
        batches.append(Batch(position: position, size: size, offsets: offsets))
        bytes += [UInt8](repeating: 0, count: size)
    }

    /// The batches that a region touches.
    package func batches(touching region: Range<Int>) -> Range<Int> {
        let first = slot { $0.position <= region.lowerBound }
        return first..<slot { $0.position <= region.upperBound - 1 } + 1
    }

    /// The batch that holds an offset.
    package func slot(of offset: Offset) -> Int? {
        let slot = slot { $0.offsets.lowerBound <= offset }
        return batches[slot].offsets.contains(offset) ? slot : nil
    }

    /// The last batch that is `early`; the first when none is.
    private func slot(_ isEarly: (Batch) -> Bool) -> Int {
        var (low, high) = (0, batches.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if isEarly(batches[middle]) { low = middle } else { high = middle }
        }
        return low
    }

    /// Holds what was served at `offset` against what was appended there.
    package func fault(of found: PinnedBatches, at offset: Offset) -> String? {
        let served = found.bytes
        guard let slot = slot(of: offset) else { return "nothing was appended at \(offset)" }
        let start = batches[slot].position
        guard start + served.byteCount <= bytes.count else { return "more is served than appended" }
        let isTrue = unsafe served.withUnsafeBytes { served in
            unsafe bytes.withUnsafeBytes { truth in
                unsafe served.elementsEqual(truth[start..<start + served.count])
            }
        }
        guard isTrue else { return "a read at \(offset) serves what was not appended" }
        return found.offsets.lowerBound == batches[slot].offsets.lowerBound
            ? nil : "a read at \(offset) claims offsets \(found.offsets)"
    }
}
