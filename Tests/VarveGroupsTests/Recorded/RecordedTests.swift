import Testing
import VarveTerms

@testable import VarveGroups

/// What Apache Kafka 4.3.1 answered to the same requests.
@Suite("answers of a real broker")
struct RecordedTests {
    @Test(
        "conversations with clients go the same way",
        arguments: ["java-consumer-classic-group", "java-consumer-static-member", "kcat-group"])
    func conversation(name: String) {
        var broker = RecordedBroker(settings: GroupSettings(), topics: nil)
        var outcomes: [String: (RecordedBroker.Outcome, String)] = [:]
        var count = 0
        for line in Recording.lines(name) {
            let time = line["t"].int64
            broker.stage.advance(milliseconds: max(time - broker.stage.milliseconds, 0))
            let (api, version) = (line["api"].text ?? "", Int16(line["v"].int))
            let key = "\(line["conn"].int) \(line["corr"].int)"
            if line.has("request") {
                let outcome = broker.send(
                    api, version, line["request"], client: line["client"].text ?? "")
                outcomes[key] = (outcome, "\(time) \(api)")
            } else if let (outcome, what) = outcomes.removeValue(forKey: key) {
                compare(outcome, with: line["response"], version, &broker, "\(name) \(what)")
                count += 1
            }
        }
        #expect(count > 10)
        #expect(broker.stage.answeredTwice.isEmpty)
    }

    /// Kafka never answers a join that names a protocol twice, and its group is then stuck.
    private static let stuck = (probe: "groups/join/duplicate-protocol", group: "gr-dp")

    @Test("unusual requests are answered the same way")
    func probes() {
        var settings = GroupSettings()
        settings.initialRebalanceDelay = .milliseconds(300)
        let topics = [
            RecordedBroker.Topic(name: "gr-t", id: "3oXzBcdFRle8CRmbcot3mQ", partitions: 2),
            RecordedBroker.Topic(name: "gr-u", id: "2T5ttNHBRBqcHPPP49QLrg", partitions: 1),
        ]
        var broker = RecordedBroker(settings: settings, topics: topics)
        var open: [(outcome: RecordedBroker.Outcome, line: JSON)] = []
        var count = 0
        for line in Recording.lines("probes") {
            let name = line["probe"].text ?? ""
            guard name != Self.stuck.probe else { continue }
            let (api, version) = (line["api"].text ?? "", Int16(line["v"].int))
            introduce(line, api, &broker)
            let outcome = broker.send(api, version, line["request"], client: "probe")
            // The answers to these came while later requests were sent.
            if name == "groups/rebalance 1" || name == "groups/rebalance 9" {
                open.append((outcome, line))
                continue
            }
            wait(for: outcome, atMost: line["ms"].int64 + 50, &broker)
            compare(outcome, with: line["response"], version, &broker, name)
            count += 1
        }
        for (outcome, line) in open {
            let name = line["probe"].text ?? ""
            compare(outcome, with: line["response"], Int16(line["v"].int), &broker, name)
        }
        #expect(open.count == 2)
        #expect(count > 180)
        #expect(broker.stage.answeredTwice.isEmpty)
    }

    /// Members that the recording does not show joining join first.
    private func introduce(_ line: JSON, _ api: String, _ broker: inout RecordedBroker) {
        let request = line["request"]
        guard let id = request["memberId"].text, id.count > 36, !broker.isKnown(id),
            api == "JoinGroup" || api == "SyncGroup"
        else { return }
        let group = request["groupId"].text ?? ""
        let protocols = [
            GroupProtocol(name: "range", metadata: subscription(version: 1, to: ["gr-t"]))
        ]
        let joining = JoinRequest(
            version: api == "JoinGroup" ? 9 : 3, group: group,
            instanceID: request["groupInstanceId"].text, protocolType: "consumer",
            protocols: protocols, sessionTimeout: .seconds(30), rebalanceTimeout: .seconds(30))
        let token = broker.stage.join(joining, client: "probe")
        if api == "SyncGroup" { broker.stage.advance(milliseconds: 300) }
        broker.bind(id, to: broker.stage.joined(token)?.memberID ?? "")
    }

    private func subscription(version: UInt8, to topics: [String]) -> [UInt8] {
        var bytes = VarveGroupsTests.subscription(to: topics)
        bytes[1] = version
        return bytes + [0, 0, 0, 0]
    }

    private func wait(
        for outcome: RecordedBroker.Outcome, atMost limit: Int64, _ broker: inout RecordedBroker
    ) {
        guard case .waits(let token) = outcome else { return }
        for _ in 0..<limit where broker.stage.answers[token] == nil {
            broker.stage.advance(milliseconds: 1)
        }
    }

    private func compare(
        _ outcome: RecordedBroker.Outcome, with recorded: JSON, _ version: Int16,
        _ broker: inout RecordedBroker, _ name: String
    ) {
        let answer: [String: Any]?
        switch outcome {
        case .answered(let answered): answer = answered
        case .waits(let token): answer = broker.answer(token, version, like: recorded)
        }
        let theirs = JSON.without("groupId", Self.stuck.group, in: recorded.value)
        let ours = JSON.projected(answer, like: theirs)
        #expect(JSON.canonical(ours) == JSON.canonical(theirs), "\(name)")
    }
}
