import Foundation
import Testing

/// Whether a broker answers unusual requests as Apache Kafka 4.3.1 does.
@Suite("Probes")
struct ProbeTests {
    /// How many probes of an area are answered rightly: at least as many as here must be.
    struct Floor: CustomTestStringConvertible {
        var area: String
        /// With all error codes.
        var codes: Int
        /// With all fields.
        var whole: Int

        var testDescription: String { area }
    }

    static let floors = [
        Floor(area: "framing", codes: 116, whole: 104),
        Floor(area: "topics", codes: 179, whole: 176),
        Floor(area: "metadata", codes: 135, whole: 135),
        Floor(area: "configs", codes: 168, whole: 159),
        Floor(area: "offsets", codes: 164, whole: 164),
        Floor(area: "produce", codes: 352, whole: 290),
        Floor(area: "fetch", codes: 252, whole: 241),
        Floor(area: "groups", codes: 350, whole: 341),
        Floor(area: "others", codes: 66, whole: 64),
        Floor(area: "transactions", codes: 239, whole: 234),
        Floor(area: "share", codes: 133, whole: 127),
    ]

    @Test("unusual requests are answered as Kafka answers them", arguments: floors)
    func answers(_ floor: Floor) throws {
        let replay = try ProbeReplay()
        try replay.run(try Probe.all(of: floor.area), knowsGroups: floor.area != "produce")
        let score = replay.score
        print("probes of \(floor.area): \(score)")
        if ProcessInfo.processInfo.environment["VARVE_PROBE_MISSES"] != nil {
            for miss in score.misses { print("  \("\(miss)".prefix(400))") }
        }
        let table = try DifferenceTable(areas: Set(Self.floors.map(\.area)))
        let misses = score.misses.filter { $0.kind != .absent }
        for miss in misses where !table.explains(miss) {
            Issue.record("not in the table of differences: \("\(miss)".prefix(400))")
        }
        #expect(table.names(of: floor.area, withoutAnyOf: misses).isEmpty)
        #expect(score.all.codes >= floor.codes)
        #expect(score.all.whole >= floor.whole)
    }
}
