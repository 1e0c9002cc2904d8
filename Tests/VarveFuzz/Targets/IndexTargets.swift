internal import VarveLog
internal import VarveTerms

/// Offset and time indexes: how many entries are lawful, and looking up in them.
enum IndexTargets {
    static let all: [FuzzTarget] = [offsets, times]

    private static let offsets = FuzzTarget("offset-index", seeds: .files([".index"])) {
        input throws(FuzzFailure) in
        let size = OffsetIndexLayout.entrySize
        let logSize = input.byteCount > 0 ? 1 << 20 : 0
        let count = OffsetIndexLayout.lawfulCount(in: input, logSize: logSize)
        try expect(count >= 0 && count * size <= input.byteCount, "\(count) entries")
        let lawful = input.extracting(0..<count * size)
        for slot in 0..<count {
            let entry = OffsetIndexLayout.entry(slot, in: lawful)
            let isInLog = entry.position >= 0 && Int(entry.position) < logSize
            try expect(entry.relativeOffset >= 0 && isInLog, "entry \(slot) is \(entry)")
            let found = OffsetIndexLayout.slot(
                atOrBefore: Int64(entry.relativeOffset), in: lawful)
            try expect(found == slot, "entry \(slot) is looked up as \(found ?? -1)")
        }
        // Whatever stands there, a look-up ends and answers a slot that is there.
        for relative in [Int64.min, -1, 0, 1 << 31, Int64.max] {
            let slot = OffsetIndexLayout.slot(atOrBefore: relative, in: input)
            try expect(slot ?? 0 <= input.byteCount / size, "slot \(slot ?? 0)")
        }
        return count * size == input.byteCount ? .accepted : .refused
    }

    private static let times = FuzzTarget("time-index", seeds: .files([".timeindex"])) {
        input throws(FuzzFailure) in
        let size = TimeIndexLayout.entrySize
        let count = TimeIndexLayout.lawfulCount(in: input)
        try expect(count >= 0 && count * size <= input.byteCount, "\(count) entries")
        let lawful = input.extracting(0..<count * size)
        for slot in 0..<count {
            let entry = TimeIndexLayout.entry(slot, in: lawful)
            try expect(entry.relativeOffset >= 0, "entry \(slot) is \(entry)")
            let found = TimeIndexLayout.slot(before: entry.timestamp, in: lawful)
            try expect((found ?? -1) == slot - 1, "before entry \(slot) comes \(found ?? -1)")
        }
        for time in [Int64.min, -1, 0, Int64.max] {
            let slot = TimeIndexLayout.slot(before: Timestamp(milliseconds: time), in: input)
            try expect(slot ?? 0 <= input.byteCount / size, "slot \(slot ?? 0)")
        }
        return count * size == input.byteCount ? .accepted : .refused
    }
}
