import Testing
import VarveTerms

@testable import VarveGroups

@Suite("consumer groups: heartbeats")
struct ConsumerGroupHeartbeatTests {
    // MARK: Refusals

    @Test("a request that says too little, or what nobody can mean, is refused")
    func invalid() {
        func refusal(_ change: (inout ConsumerHeartbeat) -> Void) -> String? {
            var stage = Stage()
            stage.setTopics(["t": 2])
            var request = ConsumerHeartbeat(
                group: "g", memberID: "m", epoch: 0, rebalanceTimeoutMs: 1000,
                subscribedTopics: ["t"], owned: PartitionSet())
            change(&request)
            let answer = stage.beat(request)
            #expect(answer.error == nil || answer.memberID == nil)
            #expect(answer.error == nil || stage.records.isEmpty, "a refusal writes nothing")
            return answer.error.map { "\($0): \(answer.message ?? "")" }
        }
        #expect(refusal { _ in } == nil)
        #expect(refusal { $0.group = " " } == "invalidRequest: GroupId can't be empty.")
        #expect(refusal { $0.memberID = "" } == "invalidRequest: MemberId can't be empty.")
        #expect(refusal { ($0.memberID, $0.version) = ("", 0) } == nil)
        #expect(refusal { $0.instanceID = "" } == "invalidRequest: InstanceId can't be empty.")
        #expect(refusal { $0.rackID = "" } == "invalidRequest: RackId can't be empty.")
        #expect(refusal { $0.epoch = -3 } == "invalidRequest: MemberEpoch is invalid.")
        #expect(refusal { $0.epoch = -2 } == "invalidRequest: InstanceId can't be null.")
        #expect(
            refusal { $0.rebalanceTimeoutMs = -1 }
                == "invalidRequest: RebalanceTimeoutMs must be provided in first request.")
        #expect(
            refusal { $0.owned = nil }
                == "invalidRequest: TopicPartitions must be empty when (re-)joining.")
        #expect(
            refusal { $0.owned = partitions(["t": [0]]) }
                == "invalidRequest: TopicPartitions must be empty when (re-)joining.")
        #expect(
            refusal { $0.subscribedTopics = nil }
                == "invalidRequest: Either SubscribedTopicNames or SubscribedTopicRegex must be "
                + "non-null when (re-)joining.")
        #expect(
            refusal { $0.assignor = "nope" }
                == "unsupportedAssignor: ServerAssignor nope is not supported. Supported "
                + "assignors: uniform, range.")
        #expect(
            refusal { $0.subscribedPattern = "[" }
                == "invalidRegularExpression: SubscribedTopicRegex `[` is not a valid regular "
                + "expression: missing closing ].")
        #expect(refusal { $0.epoch = 1 } == "groupIDNotFound: Consumer group g not found.")
        #expect(refusal { $0.epoch = -1 } == "groupIDNotFound: Group g not found.")
        let long = String(repeating: "x", count: 40_000)
        #expect(refusal { $0.group = long } == "invalidRequest: GroupId is too long.")
        #expect(refusal { $0.memberID = long } == "invalidRequest: MemberId is too long.")
        #expect(
            refusal { $0.subscribedTopics = Array(repeating: "", count: 30).map { _ in long } }
                == nil)
        #expect(
            refusal { $0.subscribedTopics = (0..<30).map { "\($0)" + long } }
                == "invalidRequest: What member m says is larger than a record may be.")
    }

    @Test("members with another epoch are fenced, but for the one before with no more than theirs")
    func epochs() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        #expect(stage.enter("g", as: "a").epoch == 2)
        stage.setTopics(["t": 4])
        stage.advance(milliseconds: 1000)
        #expect(stage.stay("g", as: "a", epoch: 2).epoch == 3)
        #expect(stage.stay("g", as: "a", epoch: 4).error == .fencedMemberEpoch)
        #expect(stage.stay("g", as: "a", epoch: 1, owning: [:]).error == .fencedMemberEpoch)
        #expect(stage.stay("g", as: "a", epoch: 2).error == .fencedMemberEpoch)
        let tooMuch = stage.stay("g", as: "a", epoch: 2, owning: ["t": [0, 9]])
        #expect(tooMuch.error == .fencedMemberEpoch)
        #expect(stage.stay("g", as: "a", epoch: 2, owning: ["t": [0, 1]]).epoch == 3)
        #expect(stage.stay("g", as: "b", epoch: 3).error == .unknownMemberID)
    }

    @Test("a full group takes nobody else")
    func full() {
        var settings = GroupSettings()
        settings.consumerGroupSizeMax = 1
        var stage = Stage(settings: settings)
        stage.setTopics(["t": 2])
        #expect(stage.enter("g", as: "a").error == nil)
        #expect(stage.enter("g", as: "b").error == .groupMaxSizeReached)
        #expect(stage.enter("g", as: "a").error == nil)
    }

    @Test("a part that no record holds is refused, and the group goes on")
    func largePart() {
        var settings = GroupSettings()
        settings.groupRecordSizeMax = ByteCount(4000)
        var stage = Stage(settings: settings)
        stage.setTopics(["t": 2000])
        #expect(stage.enter("g", as: "a").error == .unknownServerError)
        #expect(Stage(replaying: stage.records).coordinator.kind(of: "g") == .consumer)
        stage.setTopics(["t": 20])
        #expect(stage.enter("g", as: "a").assignment?.count == 20)
    }

    // MARK: Joining

    @Test("the first member has everything at once, in epoch 2")
    func first() {
        var stage = Stage()
        stage.setTopics(["t": 2, "u": 1])
        let answer = stage.enter("g", as: "a", topics: ["t", "u", "missing"])
        #expect(answer.epoch == 2)
        #expect(answer.heartbeatIntervalMs == 250)
        #expect(answer.assignment == partitions(["t": [0, 1], "u": [0]]))
        #expect(stage.consumerState(of: "g") == .stable)
        // Joining again changes nothing and tells everything.
        #expect(stage.enter("g", as: "a", topics: ["t", "u", "missing"]) == answer)
        #expect(stage.stay("g", as: "a", epoch: 2).assignment == nil)
    }

    @Test("who wants nothing is in epoch 1, with nothing")
    func nothing() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        let answer = stage.enter("g", as: "a", topics: [])
        #expect(answer.epoch == 1)
        #expect(answer.assignment == PartitionSet())
        let next = stage.stay("g", as: "a", epoch: 1, topics: ["t"])
        #expect(next.epoch == 2)
        #expect(next.assignment == partitions(["t": [0, 1]]))
    }

    @Test("a member of version 0 gets an id")
    func anonymous() {
        var stage = Stage()
        stage.setTopics(["t": 1])
        let answer = stage.beat(
            ConsumerHeartbeat(
                version: 0, group: "g", memberID: "", epoch: 0, rebalanceTimeoutMs: 1,
                subscribedTopics: ["t"], owned: PartitionSet()))
        #expect(answer.memberID?.utf8.count == 22)
        #expect(stage.stay("g", as: answer.memberID ?? "", epoch: 2).error == nil)
    }

    // MARK: Changes

    @Test("what is taken from one goes to another when it is handed back, not before")
    func handOver() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a")
        // Within the interval the target stays.
        let early = stage.enter("g", as: "b")
        #expect(early.epoch == 2)
        #expect(early.assignment == PartitionSet())
        #expect(stage.consumerState(of: "g") == .assigning)
        #expect(stage.stay("g", as: "a", epoch: 2).assignment == nil)
        stage.advance(milliseconds: 1000)
        let told = stage.stay("g", as: "a", epoch: 2)
        #expect(told.epoch == 2)
        #expect(told.assignment == partitions(["t": [0]]))
        let waiting = stage.stay("g", as: "b", epoch: 2)
        #expect(waiting.epoch == 3)
        #expect(waiting.assignment == nil)
        #expect(stage.consumerState(of: "g") == .reconciling)
        #expect(stage.stay("g", as: "a", epoch: 2, owning: ["t": [0, 1]]).epoch == 2)
        #expect(stage.stay("g", as: "a", epoch: 2).epoch == 2)
        let done = stage.stay("g", as: "a", epoch: 2, owning: ["t": [0]])
        #expect(done.epoch == 3)
        #expect(done.assignment == nil)
        #expect(stage.stay("g", as: "b", epoch: 3).assignment == partitions(["t": [1]]))
        #expect(stage.consumerState(of: "g") == .stable)
    }

    @Test("topics that a member does not want any more are taken away before the next target")
    func otherTopics() {
        var stage = Stage()
        stage.setTopics(["t": 2, "u": 1])
        stage.enter("g", as: "a")
        let told = stage.stay("g", as: "a", epoch: 2, topics: ["u"])
        #expect(told.epoch == 2)
        #expect(told.assignment == PartitionSet())
        stage.advance(milliseconds: 1200)
        #expect(stage.stay("g", as: "a", epoch: 2).assignment == nil)
        let given = stage.stay("g", as: "a", epoch: 2, owning: [:])
        #expect(given.epoch == 3)
        #expect(given.assignment == partitions(["u": [0]]))
    }

    @Test("new partitions are dealt out, and those of deleted topics taken back")
    func topicChanges() {
        var stage = Stage()
        stage.setTopics(["t": 1, "u": 1])
        stage.enter("g", as: "a", topics: ["t", "u"])
        stage.advance(milliseconds: 1000)
        stage.setTopics(["t": 1, "u": 1, "other": 1])
        #expect(stage.stay("g", as: "a", epoch: 2).epoch == 2)
        stage.setTopics(["t": 2, "u": 1])
        let grown = stage.stay("g", as: "a", epoch: 2)
        #expect(grown.epoch == 3)
        #expect(grown.assignment == partitions(["t": [0, 1], "u": [0]]))
        stage.advance(milliseconds: 1000)
        stage.setTopics(["t": 2])
        #expect(stage.stay("g", as: "a", epoch: 3).assignment == partitions(["t": [0, 1]]))
        #expect(stage.stay("g", as: "a", epoch: 3, owning: ["t": [0, 1]]).epoch == 4)
    }

    @Test("times of a group are those that its heartbeats bring")
    func times() {
        var stage = Stage()
        stage.setTopics(["t": 1])
        var times = ConsumerTimes()
        times.sessionTimeout = .seconds(2)
        times.heartbeatInterval = .milliseconds(120)
        #expect(stage.enter("g", as: "a", times: times).heartbeatIntervalMs == 120)
        stage.advance(milliseconds: 1999)
        #expect(stage.consumerState(of: "g") == .stable)
        stage.advance(milliseconds: 1)
        #expect(stage.consumerState(of: "g") == .empty)
    }

    @Test("a member at rest hears at once of a topic that is gone, and of a smaller target")
    func disturbed() {
        var stage = Stage()
        stage.setTopics(["t": 2, "u": 2])
        stage.enter("g", as: "a", topics: ["t", "u"])
        for _ in 0..<3 { #expect(stage.stay("g", as: "a", epoch: 2).assignment == nil) }
        // The next target may not be computed yet: what is gone is taken back before.
        stage.setTopics(["t": 2])
        let told = stage.stay("g", as: "a", epoch: 2)
        #expect(told.assignment == partitions(["t": [0, 1]]))
        stage.advance(milliseconds: 2000)
        let settled = stage.stay("g", as: "a", epoch: 2, owning: ["t": [0, 1]])
        for _ in 0..<3 {
            #expect(stage.stay("g", as: "a", epoch: settled.epoch).assignment == nil)
        }
        stage.advance(milliseconds: 2000)
        stage.enter("g", as: "b", topics: ["t"])
        #expect(stage.stay("g", as: "a", epoch: settled.epoch).assignment?.count == 1)
    }

    // MARK: Regular expressions

    @Test("what an expression matches is known from the next heartbeat on")
    func pattern() {
        var stage = Stage()
        stage.setTopics(["ta": 1, "tb": 1, "x": 1])
        let joined = stage.enter("g", as: "a", topics: [], pattern: "t.*")
        #expect(joined.epoch == 1)
        #expect(joined.assignment == PartitionSet())
        let next = stage.stay("g", as: "a", epoch: 1)
        #expect(next.epoch == 2)
        #expect(next.assignment == partitions(["ta": [0], "tb": [0]]))
        // Topics that come later are looked for after ten seconds.
        stage.setTopics(["ta": 1, "tb": 1, "tc": 1])
        stage.advance(milliseconds: 9000)
        #expect(stage.stay("g", as: "a", epoch: 2).assignment == nil)
        stage.advance(milliseconds: 1000)
        #expect(stage.stay("g", as: "a", epoch: 2).assignment == nil)
        let grown = stage.stay("g", as: "a", epoch: 2)
        #expect(grown.assignment == partitions(["ta": [0], "tb": [0], "tc": [0]]))
        // Names instead: the expression is forgotten, and what it brought goes.
        stage.advance(milliseconds: 1000)
        let named = stage.stay("g", as: "a", epoch: 3, topics: ["ta"], pattern: "")
        #expect(named.assignment == partitions(["ta": [0]]))
        #expect(stage.coordinator.consumerGroups["g"]?.patterns == [:])
    }
}
