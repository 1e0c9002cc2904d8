import Testing

@testable import VarveBench

@Suite("BenchReport")
struct ReportTests {
    @Test(
        "figures have three digits and a unit",
        arguments: [
            (2.469e9, Unit.bytesPerSecond, "2.47 GB/s"), (51_240, .operationsPerSecond, "51.2 k/s"),
            (9.996e3, .operationsPerSecond, "10.0 k/s"), (0.000_130_4, .seconds, "130 us"),
            (1.5, .seconds, "1.50 s"), (.nan, .seconds, "- s"),
            (.infinity, .bytesPerSecond, "- GB/s"),
        ])
    func figures(_ figure: Double, _ unit: Unit, _ text: String) {
        #expect(FigureText.text(figure, unit) == text)
    }

    @Test("JSON escapes what it must and has no infinity")
    func json() {
        let value = JSONText.object([
            ("a\"b\\", .text("line\n\u{1}")), ("n", .number(.infinity)), ("i", .integer(-3)),
            ("l", .array([.truth(true), .null])),
        ])
        #expect(
            value.line
                == #"{"a\"b\\":"line\u000a\u0001","n":null,"i":-3,"l":[true,null]}"#)
    }

    @Test("the middle of an even number of figures lies between two")
    func spread() {
        #expect(Spread([3, 1, 2]).median == 2)
        #expect(Spread([4, 1, 2, 3]).median == 2.5)
        #expect(Spread([4, 1, 2, 3]).max == 4)
    }
}
