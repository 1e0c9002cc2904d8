import Testing

@testable import VarveBench

@Suite("LatencyHistogram")
struct LatencyHistogramTests {
    @Test("an empty histogram has no summary")
    func empty() {
        #expect(LatencySummary(LatencyHistogram()) == nil)
        #expect(LatencyHistogram().percentile(0.5) == 0)
    }

    @Test("small values are exact")
    func small() {
        var histogram = LatencyHistogram()
        for value in Int64(1)...100 { histogram.add(value) }
        #expect(histogram.percentile(0.5) == 50)
        #expect(histogram.percentile(0.99) == 99)
        #expect(histogram.percentile(1) == 100)
        #expect(histogram.percentile(0) == 1)
    }

    @Test(
        "a percentile is at most 1/64 above the truth and never below it",
        arguments: [127, 128, 129, 1000, 65_535, 65_536, 130_000, 4_000_000_123])
    func precision(_ value: Int64) {
        var histogram = LatencyHistogram()
        histogram.add(value)
        histogram.add(value * 2 + 1)
        let median = histogram.percentile(0.5)
        #expect(median >= value)
        #expect(median <= value + value / 64 + 1)
        #expect(histogram.percentile(1) == value * 2 + 1)
    }

    @Test("values below zero and beyond the range are kept at its ends")
    func outside() {
        var histogram = LatencyHistogram()
        histogram.add(-5)
        histogram.add(.max)
        #expect(histogram.count == 2)
        #expect(histogram.percentile(0.5) == 0)
        #expect(histogram.largest == .max)
    }

    @Test("added histograms count as one")
    func sum() {
        var (left, right) = (LatencyHistogram(), LatencyHistogram())
        for value in Int64(1)...50 {
            left.add(value)
            right.add(value + 50)
        }
        left.add(right)
        #expect(left.count == 100)
        #expect(left.percentile(0.75) == 75)
        #expect(left.largest == 100)
    }
}
