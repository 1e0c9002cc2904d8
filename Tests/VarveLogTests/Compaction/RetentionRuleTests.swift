import Testing
import VarveTerms

@testable import VarveLog

@Suite("RetentionRule")
struct RetentionRuleTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var offset: Int64
        var hasKey = true
        var hasValue = true
        var latest: Int64?
        var horizon: Int64?
        var fate: RecordFate
        var testDescription: String {
            "offset \(offset) key \(hasKey) value \(hasValue) latest \(latest ?? -1) "
                + "horizon \(horizon ?? -1): \(fate)"
        }
    }

    /// The map reaches to 100, the time is 1000, tombstones from 80 on are not to be removed.
    static let rows: [Row] = [
        Row(offset: 100, latest: 200, fate: .kept),
        Row(offset: 100, hasKey: false, fate: .kept),
        Row(offset: 100, hasValue: false, latest: 200, horizon: 1, fate: .kept),
        Row(offset: 99, hasKey: false, fate: .keyless),
        Row(offset: 99, hasKey: false, hasValue: false, horizon: 1, fate: .keyless),
        Row(offset: 50, latest: 51, fate: .superseded),
        Row(offset: 50, hasValue: false, latest: 51, fate: .superseded),
        Row(offset: 50, hasValue: false, latest: 51, horizon: 1, fate: .superseded),
        Row(offset: 50, latest: 50, fate: .kept),
        Row(offset: 50, latest: 49, fate: .kept),
        Row(offset: 50, latest: nil, fate: .kept),
        Row(offset: 50, latest: 50, horizon: 1, fate: .kept),
        Row(offset: 50, hasValue: false, latest: 50, fate: .kept),
        Row(offset: 50, hasValue: false, latest: nil, fate: .kept),
        Row(offset: 50, hasValue: false, latest: 50, horizon: 1_001, fate: .kept),
        Row(offset: 50, hasValue: false, latest: 50, horizon: 1_000, fate: .expired),
        Row(offset: 50, hasValue: false, latest: nil, horizon: 1, fate: .expired),
        Row(offset: 79, hasValue: false, latest: nil, horizon: 1, fate: .expired),
        Row(offset: 80, hasValue: false, latest: nil, horizon: 1, fate: .kept),
    ]

    private var rule: RetentionRule {
        RetentionRule(
            mapEnd: Offset(100), now: Timestamp(milliseconds: 1_000),
            deleteRetention: .seconds(5), removableBefore: Offset(80))
    }

    @Test("each case has its fate", arguments: rows)
    func fates(_ row: Row) {
        let fate = rule.fate(
            at: Offset(row.offset), hasKey: row.hasKey, hasValue: row.hasValue,
            latest: row.latest.map { Offset($0) },
            horizon: row.horizon.map { Timestamp(milliseconds: $0) })
        #expect(fate == row.fate)
    }

    @Test("a marker goes past its horizon, and not where tombstones must stay")
    func markers() {
        let past = Timestamp(milliseconds: 1_000)
        #expect(rule.mayDropMarker(at: Offset(10), horizon: past))
        #expect(!rule.mayDropMarker(at: Offset(10), horizon: nil))
        #expect(!rule.mayDropMarker(at: Offset(10), horizon: Timestamp(milliseconds: 1_001)))
        #expect(!rule.mayDropMarker(at: Offset(80), horizon: past))
    }

    @Test("a horizon is set once, and brought back when a wrong clock set it too far")
    func horizons() {
        let fresh = Timestamp(milliseconds: 6_000)
        #expect(rule.newHorizon(replacing: nil) == fresh)
        #expect(rule.newHorizon(replacing: Timestamp(milliseconds: 1)) == nil)
        #expect(rule.newHorizon(replacing: fresh) == nil)
        #expect(rule.newHorizon(replacing: Timestamp(milliseconds: 6_001)) == fresh)
    }

    @Test("times past the last one stay at it")
    func overflow() {
        let late = Timestamp(milliseconds: .max - 1)
        #expect(late.advanced(by: .seconds(1)) == Timestamp(milliseconds: .max))
        #expect(
            Timestamp.none.advanced(by: .seconds(Int64.max / 10)) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: 5).advanced(by: .milliseconds(7)).milliseconds == 12)
    }
}
