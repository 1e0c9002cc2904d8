import Testing
import VarveShares

@Suite("InitialPosition")
struct InitialPositionTests {
    @Test(
        "what says nothing of a position is none",
        arguments: [
            "", "newest", "by_duration:", "by_duration:P", "by_duration:PT1", "by_duration:P1H",
            "by_duration:PT1X", "by_duration:1D",
        ])
    func refused(_ text: String) { #expect(InitialPosition(text) == nil) }

    @Test("positions are read as Kafka writes them")
    func read() {
        #expect(InitialPosition("latest") == .latest)
        #expect(InitialPosition("EARLIEST") == .earliest)
        #expect(InitialPosition("by_duration:PT1H") == .youngerThan(milliseconds: 3_600_000))
        #expect(
            InitialPosition("by_duration:P1DT2H3M4.5S")
                == .youngerThan(milliseconds: 93_784_500))
    }
}
