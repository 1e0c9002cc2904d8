import Testing
import VarveLog

@Suite("CleanShutdownMarker")
struct CleanShutdownMarkerTests {
    private static func epoch(_ text: String) -> Int64? {
        CleanShutdownMarker(parsing: Array(text.utf8)).brokerEpoch
    }

    @Test(
        "of damaged content only the broker epoch is lost",
        arguments: [
            "{", "{}", "[]", "307", "{\"brokerEpoch\"}", "{\"brokerEpoch\":", "{\"brokerEpoch\":}",
            "{\"brokerEpoch\":307", "{\"brokerEpoch\":307,", "{\"brokerEpoch\":307,}",
            "{\"brokerEpoch\":null}", "{\"brokerEpoch\":3.5}", "{\"brokerEpoch\":\"307\"}",
            "{\"brokerEpoch\":9223372036854775808}", "{\"brokerEpoch\":--1}",
            "{\"brokerepoch\":1}", "{\"a\":{\"brokerEpoch\":1}}", "{\"a\":[1,}", "\0\0\0",
            "{\"brokerEpoch\\", "{brokerEpoch:1}",
        ])
    func damaged(text: String) { #expect(Self.epoch(text) == nil) }

    @Test(
        "nesting is followed to a depth of 32, and no further",
        arguments: [("[", "]"), ("{\"a\":", "}")])
    func deep(opening: String, closing: String) {
        func text(depth: Int) -> String {
            let nested =
                String(repeating: opening, count: depth - 1) + "1"
                + String(repeating: closing, count: depth - 1)
            return "{\"x\":\(nested),\"brokerEpoch\":5}"
        }
        #expect(Self.epoch(text(depth: 32)) == 5)
        #expect(Self.epoch(text(depth: 33)) == nil)
        #expect(Self.epoch(text(depth: 500)) == nil)
        #expect(Self.epoch(String(repeating: opening, count: 500)) == nil)
    }

    @Test("no cut and no single byte traps")
    func noTrap() {
        let sample = "{\"version\":0,\"brokerEpoch\":-7,\"a\":[{\"b\":\"\\\"\"},true]}"
        expectNoTrap(CleanShutdownMarker.self, near: Array(sample.utf8))
    }

    @Test(
        "the broker epoch is found among whatever else there is",
        arguments: [
            ("{\"version\":0,\"brokerEpoch\":307}", Int64(307)),
            ("\n{ \"brokerEpoch\" :\t-1 , \"version\" : 9 }\n", -1),
            (
                "{\"a\":{\"b\":[1,[],{}]},\"s\":\"},\\\"\",\"brokerEpoch\":9223372036854775807}x",
                .max
            ),
            ("{\"brokerEpoch\":1,\"brokerEpoch\":2}", 2),
        ])
    func found(text: String, epoch: Int64) { #expect(Self.epoch(text) == epoch) }

    @Test("Kafka's files print as the same bytes, empty ones as well")
    func golden() throws {
        let paths = Fixture.files(named: CleanShutdownMarker.fileName)
        try #require(paths.count >= 4)
        var epochs: [Int64?] = []
        for path in paths {
            let bytes = Fixture.bytes(path)
            let marker = CleanShutdownMarker(parsing: bytes)
            #expect(marker.printed() == bytes, "\(path)")
            epochs.append(marker.brokerEpoch)
        }
        #expect(epochs == [307, 247, nil, 36])
    }

    @Test("the example of the documentation is what it says")
    func documentation() {
        let example = Fixture.example(in: "clean-shutdown.md")
        #expect(CleanShutdownMarker(parsing: example).brokerEpoch == 307)
        #expect(CleanShutdownMarker(brokerEpoch: 307).printed() == example)
    }
}
