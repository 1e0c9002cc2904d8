import Testing
import VarveTerms

@Suite("Times")
struct TimesTests {
    @Test("a moment past the end of the range is held there")
    func saturation() {
        let start = Instant(nanoseconds: 1)
        #expect(start.advanced(by: .seconds(Int64.max)) == Instant(nanoseconds: .max))
        #expect(start.advanced(by: .seconds(Int64.min)) == Instant(nanoseconds: .min))
        let late = Instant(nanoseconds: .max - 5)
        #expect(late.advanced(by: .nanoseconds(6)) == Instant(nanoseconds: .max))
        #expect(late.advanced(by: .nanoseconds(5)) == Instant(nanoseconds: .max))
    }

    @Test("instants measure durations")
    func durations() {
        let start = Instant(nanoseconds: 2_000_000_000)
        let end = start.advanced(by: .milliseconds(1500))
        #expect(end == Instant(nanoseconds: 3_500_000_000))
        #expect(end.duration(since: start) == .milliseconds(1500))
        #expect(start.duration(since: end) == .milliseconds(-1500))
        #expect(end.advanced(by: .milliseconds(-1500)) == start)
        #expect(start < end)
    }

    @Test("the span between any two timestamps is held at the ends of the range")
    func timestampSpans() {
        let (first, last) = (Timestamp(milliseconds: .min), Timestamp(milliseconds: .max))
        #expect(last.milliseconds(since: first) == .max)
        #expect(first.milliseconds(since: last) == .min)
        #expect(Timestamp(milliseconds: 5).milliseconds(since: .none) == 6)
        #expect(Timestamp.none.milliseconds == -1)
    }
}
