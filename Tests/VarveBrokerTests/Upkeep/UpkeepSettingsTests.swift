import Testing
import VarveMetadata
import VarveTerms

@testable import VarveBroker

@Suite("UpkeepSettings")
struct UpkeepSettingsTests {
    private func settings(_ values: [String: String]) throws -> UpkeepSettings {
        var configs = StaticConfigs()
        try configs.add(values)
        return UpkeepSettings(BrokerConfigs(image: .init(), node: 1, started: configs))
    }

    @Test("numbers at the ends of their types neither trap nor overflow")
    func ends() throws {
        let found = try settings([
            "log.retention.check.interval.ms": "9223372036854775807",
            "log.cleaner.backoff.ms": "9223372036854775807",
            "log.cleaner.io.max.bytes.per.second": "1e300",
            "varve.scrub.interval.ms": "9223372036854775807",
            "varve.scrub.bytes.per.second": "9223372036854775807",
        ])
        #expect(found.retentionInterval == .bounded(milliseconds: .max))
        #expect(found.cleanerRate == nil)
        #expect(found.scrubRate == ByteCount(Int.max))
        _ = UpkeepPlan(found, now: Instant(nanoseconds: .max))
        #expect(
            try settings(["log.cleaner.io.max.bytes.per.second": "0.1"]).cleanerRate?.bytes == 1)
    }

    @Test("without a word the properties are Kafka's")
    func standard() throws {
        #expect(try settings([:]) == UpkeepSettings())
    }

    @Test("log.cleaner.threads=0 and log.cleaner.enable=false clean nothing")
    func noCleaner() throws {
        #expect(try settings(["log.cleaner.threads": "0"]).isCleaning == false)
        #expect(try settings(["log.cleaner.enable": "false"]).isCleaning == false)
        #expect(try settings(["varve.scrub.interval.ms": "-1"]).scrubInterval == nil)
    }
}
