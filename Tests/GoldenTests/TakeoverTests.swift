import Testing
import VarveLog
import VarveMetadata
import VarveSim
import VarveTerms
import VarveWire

@testable import VarveBroker

/// What clients are told by a broker that was started on the data directories of an Apache Kafka
/// node, against what that node told them.
@Suite("taking over Kafka's directories")
struct TakeoverTests {
    /// Sets by the directories that one node has.
    private static let nodes = [["clean"], ["disk-a", "disk-b"]]

    /// The directories at `/d0`, `/d1` of a disk, and where they are.
    private static func planted(
        _ names: [String]
    ) throws -> (disk: SimulatedDisk, properties: [String: String]) {
        // When the node was stopped: transactions that it left open have some time left.
        let stop: Int64 = names == ["clean"] ? 1_795_249_046_400 : 1_795_255_417_400
        let clock = SimulatedClock(wallClock: Timestamp(milliseconds: stop))
        let disk = SimulatedDisk(clock: clock)
        var paths: [String] = []
        for (number, name) in names.enumerated() {
            let set = try #require(GoldenSet.named(name))
            let path = "/d\(number)"
            disk.plantDirectory(path)
            for (file, bytes) in try set.filesWithSnapshots() {
                disk.setContents("\(path)/\(file)", bytes)
            }
            paths.append(path)
        }
        return (disk, ["log.dirs": paths.joined(separator: ",")])
    }

    @Test("a node of a cluster of three is refused, with the others named")
    func cluster() throws {
        let (disk, properties) = try Self.planted(["node-2"])
        let error = #expect(throws: BrokerError.self) {
            try ServedDirectories(disk, properties)
        }
        guard case .otherReplicas(_, let nodes)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(nodes == [1, 3])
    }

    @Test("a directory of the ZooKeeper era is refused, since nothing in it names its topics")
    func zooKeeper() throws {
        let (disk, properties) = try Self.planted(["legacy"])
        let error = #expect(throws: BrokerError.self) {
            try ServedDirectories(disk, properties)
        }
        #expect(error?.description.contains("migrated by Apache Kafka 3.9 first") == true)
    }

    @Test("one of a node's two directories is not enough")
    func half() throws {
        let (disk, properties) = try Self.planted(["disk-b"])
        let error = #expect(throws: BrokerError.self) {
            try ServedDirectories(disk, properties)
        }
        #expect(error?.description.contains("metadata.log.dir") == true)
    }

    @Test("every partition is served as the node served it", arguments: nodes)
    func answers(names: [String]) throws {
        let (disk, properties) = try Self.planted(names)
        let served = try ServedDirectories(disk, properties)
        let expected = try #require(try Self.expected(names[0]))
        let topics = try served.topics()
        for answer in expected {
            let name = try #require(LogName(folder: answer.partition))
            let topic = try #require(topics[name.topic], "\(name)")
            #expect(topic.topicId.description == answer.topicId, "\(name)")
            let row = try #require(topic.partitions.first { $0.partitionIndex == name.partition })
            #expect(row.errorCode == .none && row.leaderId == 1, "\(name)")
            // It was led so when it was asked; a clean stop and a new start each add one.
            #expect(row.leaderEpoch == answer.leaderEpoch + 2, "\(name)")
            #expect(try Self.differences(of: name, from: answer, served) == [], "\(name)")
        }
        #expect(expected.count == topics.values.reduce(0) { $0 + $1.partitions.count })
        try served.broker.close()
    }

    private static func expected(_ name: String) throws -> [ExpectedAnswers]? {
        try GoldenSet.named(name)?.expected()
    }

    /// Kafka's look-up by time stops at a segment that compaction emptied; see `AnswersTests`.
    private static let emptiedFront = "txn-compacted-0"

    private static func differences(
        of name: LogName, from expected: ExpectedAnswers, _ served: ServedDirectories
    ) throws -> [String] {
        var found: [String] = []
        func compare<Value: Equatable>(_ what: String, _ mine: Value, _ theirs: Value) {
            if mine != theirs { found.append("\(what) is \(mine), expected is \(theirs)") }
        }
        compare("start", try served.offset(name, at: -2).offset, expected.logStartOffset)
        compare("end", try served.offset(name, at: -1).offset, expected.highWatermark)
        compare(
            "last stable offset", try served.offset(name, at: -1, isolation: 1).offset,
            expected.lastStableOffset)
        for time in expected.byTime {
            guard let at = time.at, name.folder != emptiedFront else { continue }
            let answer = try served.offset(name, at: at)
            compare("offset at \(at)", answer.offset, time.offset)
            compare("time at \(at)", answer.timestamp, time.timestamp)
            compare("epoch at \(at)", answer.leaderEpoch, time.leaderEpoch ?? -1)
        }
        if let newest = expected.maxTimestamp {
            compare("newest", try served.offset(name, at: -3).offset, newest.offset)
        }
        compare("uncommitted", try served.deliver(name, committed: false), expected.uncommitted)
        compare("committed", try served.deliver(name, committed: true), expected.committed)
        return found
    }

    /// After its restart the broker went on: it ended transactions and compacted. The set of the
    /// repository is a part, without the metadata.
    @Test(
        "a node that was killed is taken over, with every offset that it delivers later",
        .enabled(if: GoldenSet.isComplete))
    func killed() throws {
        let (disk, properties) = try Self.planted(["killed"])
        let served = try ServedDirectories(disk, properties)
        for answer in try #require(try Self.expected("killed")) {
            let name = try #require(LogName(folder: answer.partition))
            let end = try served.offset(name, at: -1).offset
            #expect(try served.offset(name, at: -2).offset == answer.logStartOffset, "\(name)")
            #expect(end <= answer.highWatermark, "\(name)")
            guard end == answer.highWatermark, name.topic != "compacted" else { continue }
            #expect(try served.deliver(name, committed: false) == answer.uncommitted, "\(name)")
        }
        try served.broker.close()
    }

    @Test("committed offsets and properties of topics are what they were; the cluster id stays")
    func state() throws {
        let (disk, properties) = try Self.planted(["clean"])
        let served = try ServedDirectories(disk, properties)
        let all = [
            "many-partitions-0": Int64(27), "many-partitions-1": 29, "many-partitions-2": 34,
        ]
        #expect(
            try served.committed("group-classic-0")
                == all.merging(["codec-none-0": 5]) { $1 })
        #expect(
            try served.committed("group-consumer-1")
                == all.merging(["codec-none-0": 6]) { $1 })
        #expect(try served.committed("group-txn") == ["codec-none-0": 17])
        #expect(
            try served.configs(ofTopic: "codec-none")["index.interval.bytes"] == "512")
        #expect(served.broker.clusterID == "AAAAAAAAAAAAAAAAAAAAAg")
        try served.broker.close()
    }

    @Test("a node formatted and never started begins with what it was formatted with")
    func formatted() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/d0")
        let files = try #require(GoldenSet.named("clean")).filesWithSnapshots()
        for file in ["meta.properties", "bootstrap.checkpoint"] {
            if let bytes = files[file] { disk.setContents("/d0/" + file, bytes) }
        }
        let own = Array("node.id=7\nversion=1\ncluster.id=abc\n".utf8)
        disk.setContents("/d0/meta.properties", own)
        let served = try ServedDirectories(disk, ["log.dirs": "/d0"])
        #expect(served.broker.settings.nodeID == 7 && served.broker.clusterID == "abc")
        #expect(served.broker.image.features["streams.version"] == 1)
        try served.broker.close()
    }

    @Test("what Varve adds to a node's metadata it reads again, from its own snapshot too")
    func secondStart() throws {
        let (disk, properties) = try Self.planted(["clean"])
        let first = try ServedDirectories(disk, properties)
        let image = first.broker.image
        try first.broker.metadata.writeSnapshot(at: disk.clock.wallClock())
        try first.broker.close()
        let second = try ServedDirectories(disk, properties)
        let log = second.broker.metadata
        #expect(log.log.latestEpoch == LeaderEpoch(5))
        #expect(second.broker.image.topics.keys == image.topics.keys)
        #expect(second.broker.image.configs == image.configs)
        // Who may do what, and controllers, which nobody here serves, are not lost.
        let kinds = second.broker.image.records.map { type(of: $0.message) }
        for kind in ["AccessControlEntryRecord", "UserScramCredentialRecord", "ClientQuotaRecord"] {
            #expect(kinds.contains { "\($0)" == kind }, "\(kind)")
        }
        try second.broker.close()
    }
}
