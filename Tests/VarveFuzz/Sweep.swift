internal import VarveBytes
internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// Reads a log from its start to its end, over damage, and holds what is served to its promises:
/// whole batches, in order, and an end.
struct Sweep {
    /// More reads than an input of that size can have batches and damaged ranges.
    private let readCountMax: Int

    init(_ inputSize: Int) { readCountMax = inputSize / 16 + 64 }

    func fault(of reader: LogReader) -> String? {
        var next = reader.startOffset
        for _ in 0..<readCountMax {
            do throws(LogError) {
                let outcome = try reader.read(from: next, through: .includingUnflushed)
                guard case .batches(let batches) = outcome else { return nil }
                if let fault = fault(of: batches, from: next) { return fault }
                guard batches.nextOffset > next else { return "no way on from \(next)" }
                next = batches.nextOffset
            } catch {
                guard case .corrupt(let range) = error else { return nil }
                guard range.offsets.upperBound > next else { return "stuck before \(range)" }
                next = range.offsets.upperBound
            }
        }
        return "more than \(readCountMax) reads"
    }

    private func fault(of batches: PinnedBatches, from start: Offset) -> String? {
        var end = Int64(-1)
        var fault: String?
        batches.forEachBatch { header, bytes in
            let checked = try? BatchCheck.frame(bytes)
            if checked != header { fault = "a batch at \(header.baseOffset) is not whole" }
            if header.baseOffset <= end { fault = "\(header.baseOffset) follows \(end)" }
            end = header.lastOffset ?? .max
        }
        if fault == nil, end < start.rawValue { return "a read at \(start) ends at \(end)" }
        return fault
    }
}
