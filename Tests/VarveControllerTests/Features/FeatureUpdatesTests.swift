import Testing
import VarveController
import VarveMetadata
import VarveWire

@Suite("FeatureUpdates")
struct FeatureUpdatesTests {
    private typealias Row = UpdateFeaturesRequest.FeatureUpdateKey

    private static func image(_ levels: [(String, Int16)]) throws -> ClusterImage {
        var image = ClusterImage()
        for (name, level) in levels {
            try image.replay(
                .featureLevel(FeatureLevelRecord(name: name, featureLevel: level)))
        }
        return image
    }

    /// The levels of a new cluster, with some of them changed.
    private static func bootstrap(_ levels: [(String, Int16)] = []) throws -> ClusterImage {
        try image(Feature.bootstrap.map { ($0.feature.rawValue, $0.level) } + levels)
    }

    private static func update(
        _ rows: [Row], version: Int16 = 2, in image: ClusterImage, quorumLevel: Int16 = 0
    ) throws(Refusal) -> [FeatureLevelRecord] {
        let updates = try FeatureUpdates(
            UpdateFeaturesRequest(featureUpdates: rows), version: version, in: image,
            quorumLevel: quorumLevel, by: 4)
        return updates.records.map {
            guard case .featureLevel(let record) = $0 else { preconditionFailure("\($0)") }
            return record
        }
    }

    private static func row(_ name: String, _ level: Int16, _ kind: Int8) -> Row {
        Row(feature: name, maxVersionLevel: level, upgradeType: kind)
    }

    @Test("what cannot be is refused in Kafka's words")
    func refusals() throws {
        let rows: [(String, Int16, Int8, String)] = [
            ("share.version", 1, 0, "does not support the given upgrade type."),
            ("share.version", 1, 4, "does not support the given upgrade type."),
            ("share.version", -1, 2, "A feature version cannot be less than 0."),
            ("no.such", 1, 1, "Local controller 4 does not support this feature."),
            ("streams.version", 1, 1, "Local controller 4 does not support this feature."),
            ("transaction.version", 3, 1, "Local controller 4 only supports versions 0-2"),
            ("metadata.version", 6, 2, "Local controller 4 only supports versions 7-30"),
            ("transaction.version", 1, 1, "to either safe or unsafe downgrade."),
            ("transaction.version", 2, 2, "Can't downgrade to a newer version."),
            ("kraft.version", 1, 1, "The voters of a quorum of one node do not change."),
            ("metadata.version", 29, 2, "because it might delete metadata information."),
            ("metadata.version", 29, 3, "Unsafe metadata downgrade is not supported in this"),
        ]
        for (name, level, kind, text) in rows {
            // So that a downgrade to 2 is one to a newer level.
            let isRaised = (name, level, kind) == ("transaction.version", 2, 2)
            let image = try Self.bootstrap(isRaised ? [("transaction.version", 1)] : [])
            let refusal = #expect(throws: Refusal.self) {
                try Self.update([Self.row(name, level, kind)], in: image)
            }
            #expect(refusal?.code == .invalidUpdateVersion)
            #expect(refusal?.message.contains(text) == true, "\(refusal?.message ?? "")")
            #expect(refusal?.message.hasPrefix("The update failed for all features") == true)
        }
    }

    @Test("levels go down by both kinds of downgrade, and up again")
    func lawful() throws {
        for kind: Int8 in [2, 3] {
            let down = try Self.update(
                [Self.row("transaction.version", 0, kind), Self.row("group.version", 0, kind)],
                in: Self.bootstrap())
            #expect(down.map(\.name) == ["transaction.version", "group.version"])
            #expect(down.map(\.featureLevel) == [0, 0])
        }
        let up = try Self.update(
            [Self.row("transaction.version", 2, 1)],
            in: Self.bootstrap([("transaction.version", 0)]))
        #expect(up.map(\.featureLevel) == [2])
    }

    @Test("one row that cannot be is the end of all, and the last of two about a feature counts")
    func wholeRequests() throws {
        let good = Self.row("group.version", 0, 2)
        #expect(throws: Refusal.self) {
            try Self.update([good, Self.row("no.such", 1, 1)], in: Self.bootstrap())
        }
        #expect(try Self.update([], in: Self.bootstrap()).isEmpty)
        let same = Self.row("group.version", 1, 1)
        #expect(try Self.update([good, same], in: Self.bootstrap()).isEmpty)
        #expect(try Self.update([same, good], in: Self.bootstrap()).map(\.featureLevel) == [0])
    }

    @Test("what this node knows nothing of can be switched off")
    func strangers() throws {
        let image = try Self.bootstrap([("streams.version", 1)])
        let off = try Self.update([Self.row("streams.version", 0, 2)], in: image)
        #expect(off.map(\.featureLevel) == [0])
        #expect(try Self.update([Self.row("no.such", 0, 1)], in: image).isEmpty)
    }

    @Test("the first version allows a downgrade by a mark")
    func firstVersion() throws {
        var row = Row(feature: "share.version", maxVersionLevel: 0)
        #expect(throws: Refusal.self) {
            try Self.update([row], version: 0, in: Self.bootstrap())
        }
        row.allowDowngrade = true
        #expect(try Self.update([row], version: 0, in: Self.bootstrap()).count == 1)
    }

    @Test("the metadata goes back where it stays the same")
    func metadataVersion() throws {
        let image = try Self.image([("metadata.version", 29)])
        let back = try Self.update([Self.row("metadata.version", 24, 2)], in: image)
        #expect(back.map(\.featureLevel) == [24])
        #expect(throws: Refusal.self) {
            try Self.update([Self.row("metadata.version", 22, 2)], in: image)
        }
        let up = try Self.update([Self.row("metadata.version", 30, 1)], in: image)
        #expect(up.map(\.featureLevel) == [30])
    }

    @Test("a level that rests on another goes by what the request proposes")
    func prerequisites() throws {
        let image = try Self.image([("metadata.version", 22)])
        let name = "eligible.leader.replicas.version"
        let refusal = #expect(throws: Refusal.self) {
            try Self.update([Self.row(name, 1, 1)], in: image)
        }
        #expect(refusal?.message.hasSuffix("depends on metadata.version level 23") == true)
        let both = try Self.update(
            [Self.row(name, 1, 1), Self.row("metadata.version", 23, 1)], in: image)
        #expect(both.count == 2)
    }

    @Test("the level of the quorum stays")
    func quorum() throws {
        let row = Self.row("kraft.version", 1, 1)
        #expect(try Self.update([row], in: Self.bootstrap(), quorumLevel: 1).isEmpty)
        #expect(throws: Refusal.self) {
            try Self.update([Self.row("kraft.version", 0, 2)], in: Self.bootstrap(), quorumLevel: 1)
        }
    }
}
