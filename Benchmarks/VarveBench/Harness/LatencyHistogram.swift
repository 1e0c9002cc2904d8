/// Latencies in fixed memory: every power of two is divided into 64 equal steps, so a percentile
/// is at most 1/64 above the truth. The largest is exact.
///
///     value        0 … 127      128 … 255     256 … 511     …
///     step         1            2             4
package struct LatencyHistogram: Hashable, Sendable {
    private static let stepBits = 6
    private static let steps = 1 << stepBits
    /// Values of up to 2^42 ns, more than an hour; what is longer counts as that.
    private static let valueMax: UInt64 = (1 << 42) - 1

    private var counts = [UInt64](repeating: 0, count: slot(of: valueMax) + 1)
    private(set) var count: UInt64 = 0
    /// Nanoseconds.
    private(set) var largest: Int64 = 0

    package init() {}

    /// Notes a latency in nanoseconds.
    package mutating func add(_ nanoseconds: Int64) {
        counts[Self.slot(of: UInt64(max(0, nanoseconds)))] += 1
        count += 1
        largest = max(largest, nanoseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for slot in counts.indices { counts[slot] += other.counts[slot] }
        count += other.count
        largest = max(largest, other.largest)
    }

    /// The latency in nanoseconds that `share` of all do not pass; 0 when there are none.
    /// - Precondition: `share` lies from 0 to 1.
    func percentile(_ share: Double) -> Int64 {
        precondition(share >= 0 && share <= 1, "share \(share)")
        guard count > 0 else { return 0 }
        let rank = max(1, UInt64((Double(count) * share).rounded(.up)))
        var passed: UInt64 = 0
        for slot in counts.indices {
            passed += counts[slot]
            if passed >= rank { return min(Self.upperBound(of: slot), largest) }
        }
        return largest
    }

    private static func slot(of value: UInt64) -> Int {
        let value = min(value, valueMax)
        guard value >= UInt64(steps) else { return Int(value) }
        let shift = (63 - value.leadingZeroBitCount) - stepBits
        return (shift + 1) << stepBits + Int(value >> shift) - steps
    }

    /// The largest value that falls into the slot.
    private static func upperBound(of slot: Int) -> Int64 {
        guard slot >= 2 * steps else { return Int64(slot) }
        let shift = slot >> stepBits - 1
        let step = slot & (steps - 1) + steps
        return Int64(step + 1) << shift - 1
    }
}

/// What people look at in a histogram, in nanoseconds.
public struct LatencySummary: Hashable, Sendable {
    public var p50: Int64
    public var p99: Int64
    public var p999: Int64
    public var largest: Int64

    /// Nil when nothing was noted.
    package init?(_ histogram: LatencyHistogram) {
        guard histogram.count > 0 else { return nil }
        p50 = histogram.percentile(0.5)
        p99 = histogram.percentile(0.99)
        p999 = histogram.percentile(0.999)
        largest = histogram.largest
    }
}
