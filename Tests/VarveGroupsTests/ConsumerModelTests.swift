import Testing
import VarveSeeds
import VarveTerms

@testable import VarveGroups

/// Random consumers on a virtual clock, and what must hold whatever they do.
@Suite("consumer groups under random clients")
struct ConsumerModelTests {
    @Test("nobody reads what another has, epochs and offsets never go back, and all is dealt out")
    func random() {
        var random = SeededRandom("ConsumerModelTests.random")
        for round in 0..<6 {
            var model = ConsumerModel(seed: random.next())
            for _ in 0..<300 { model.step() }
            model.settle()
            #expect(model.faults == [], "round \(round), seed \(random.seed)")
            guard model.faults.isEmpty else { return }
        }
    }

    @Test("a run is long enough to show something")
    func reach() {
        var model = ConsumerModel(seed: 11)
        for _ in 0..<1200 { model.step() }
        model.settle()
        #expect(model.faults == [])
        #expect(model.seen.count == ConsumerModel.Event.allCases.count, "\(model.seen)")
    }

    @Test(
        "the oracles see what is broken", arguments: ConsumerModel.Bug.allCases)
    func oracles(_ bug: ConsumerModel.Bug) {
        var model = ConsumerModel(seed: 11)
        model.bug = bug
        for _ in 0..<1200 where model.faults.isEmpty { model.step() }
        if model.faults.isEmpty { model.settle() }
        #expect(model.faults != [])
    }
}

/// A coordinator, its members, and the oracles.
///
/// *Oracles*: no partition is read by two members that the coordinator knows; a member's epoch
/// does not go back as long as it is not fenced, nor the group's, across reloads of the
/// coordinator; a diligent member is never unknown; a committed offset is read back and does not
/// go back; the records, read by another coordinator, give the same group; in the end the group is
/// stable and every partition that somebody wants has an owner.
struct ConsumerModel {
    enum Event: String, CaseIterable {
        case joined, given, taken, fenced, removed, left, away, back, grown, changed, reload
        case commit, lostAnswer
    }

    /// What is planted to see whether the oracles bite.
    enum Bug: CaseIterable {
        /// A client goes on with partitions that it has told it gave back.
        case keepsRevoked
        /// The last record of an answer is lost when the coordinator is loaded anew.
        case losesRecords
        /// A member reads more than it was given.
        case readsMore
    }

    var stage: Stage
    var random: SeededRandom
    var clients: [ConsumerModelClient] = []
    var faults: [String] = []
    var seen: [Event: Int] = [:]
    var bug: Bug?
    private var topics: [String: Int32] = ["t": 3, "u": 2]
    private var committed: [OffsetKey: Int64] = [:]
    private var groupEpoch: Int32 = 0
    private var nextNumber: Int64 = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        stage = Stage()
        stage.setTopics(topics)
    }

    mutating func step() {
        stage.advance(milliseconds: Int64(pick(1500)))
        if clients.count < 6, pick(6) == 0 { addClient() }
        for place in clients.indices { act(place) }
        if pick(60) == 0 { changeTopics() }
        if pick(40) == 0 { reload() }
        check()
        clients.removeAll(where: \.isDead)
    }

    /// Lets all who live finish what they began, then looks at everything once more.
    mutating func settle() {
        for _ in 0..<80 {
            stage.advance(milliseconds: 1000)
            for place in clients.indices { beat(place) }
            check()
        }
        guard !clients.isEmpty else { return }
        if stage.consumerState(of: "g") != .stable {
            faults.append("\(String(describing: stage.consumerState(of: "g"))) in the end")
        }
        var owned = PartitionSet()
        for client in clients { for (id, all) in client.owned.topics { owned.insert(all, of: id) } }
        for name in Set(clients.flatMap(\.topics)) {
            for partition in 0..<(topics[name] ?? 0)
            where !owned.contains(partition, of: topicID(name)) {
                faults.append("nobody has \(name)-\(partition)")
            }
        }
    }

    // MARK: Clients

    private mutating func pick(_ count: UInt64) -> Int { Int(random.next() % count) }

    private mutating func note(_ event: Event) { seen[event, default: 0] += 1 }

    private mutating func addClient() {
        nextNumber += 1
        let instance = pick(3) == 0 ? "i\(pick(2))" : nil
        if let instance, clients.contains(where: { $0.instance == instance }) { return }
        clients.append(
            ConsumerModelClient(
                memberID: "m\(nextNumber)", instance: instance, topics: wish(),
                lastSeen: stage.milliseconds))
    }

    private mutating func wish() -> [String] { [["t"], ["u"], ["t", "u"], ["t", "v"]][pick(4)] }

    private mutating func act(_ place: Int) {
        guard clients[place].pausedUntil <= stage.milliseconds else { return }
        switch pick(60) {
        case 0: clients[place].isDead = true
        case 1: leave(place)
        case 2:
            note(.changed)
            clients[place].topics = wish()
            clients[place].hasChanged = true
        case 3:
            // The answer is lost, and the request is sent again later.
            note(.lostAnswer)
            _ = stage.beat(request(of: clients[place]))
            clients[place].hasChanged = true
        case 4:
            // It is stopped for longer than its session.
            clients[place].pausedUntil = stage.milliseconds + 60_000
        case 5 where clients[place].epoch > 0:
            clients[place].epoch += 1
            beat(place)
        case 5...20: break
        default: beat(place)
        }
    }

    private mutating func leave(_ place: Int) {
        let client = clients[place]
        let isAway = client.instance != nil && pick(2) == 0
        _ = stage.beat(
            ConsumerHeartbeat(
                group: "g", memberID: client.memberID, epoch: isAway ? -2 : -1,
                instanceID: client.instance))
        note(isAway ? .away : .left)
        clients[place].isDead = true
    }

    private func request(of client: ConsumerModelClient) -> ConsumerHeartbeat {
        var request = ConsumerHeartbeat(
            group: "g", memberID: client.memberID, epoch: client.epoch,
            instanceID: client.instance, owned: client.owned)
        if client.epoch == 0 || client.hasChanged {
            request.subscribedTopics = client.topics
            request.rebalanceTimeoutMs = 20_000
        }
        return request
    }

    private mutating func beat(_ place: Int) {
        if let told = clients[place].told, clients[place].keepsUntil <= stage.milliseconds {
            clients[place].told = nil
            if bug != .keepsRevoked { clients[place].owned = told }
        }
        let sent = request(of: clients[place])
        var request = sent
        if bug == .keepsRevoked, clients[place].told == nil {
            request.owned = request.owned.map { _ in PartitionSet() }
        }
        let answer = stage.beat(request)
        switch answer.error {
        case nil: take(answer, sent, place)
        case .fencedMemberEpoch:
            note(.fenced)
            clients[place].reset()
        case .unknownMemberID:
            let silence = stage.milliseconds - clients[place].lastSeen
            note(.removed)
            if silence < 20_000 { faults.append("\(sent.memberID) removed after \(silence) ms") }
            clients[place].reset()
        case .unreleasedInstanceID: clients[place].isDead = true
        case .groupIDNotFound: clients[place].reset()
        default: faults.append("\(sent.memberID): \(String(describing: answer.error))")
        }
        clients[place].lastSeen = stage.milliseconds
    }

    private mutating func take(
        _ answer: ConsumerHeartbeatAnswer, _ sent: ConsumerHeartbeat, _ place: Int
    ) {
        clients[place].hasChanged = false
        if sent.epoch == 0 { note(sent.instanceID != nil && answer.epoch > 2 ? .back : .joined) }
        if answer.epoch < clients[place].epoch {
            faults.append("\(sent.memberID) goes back to epoch \(answer.epoch)")
        }
        clients[place].epoch = answer.epoch
        if let given = answer.assignment {
            let surplus = clients[place].owned.topics.contains { topic, all in
                !all.isSubset(of: given.topics[topic] ?? [])
            }
            if surplus {
                note(.taken)
                if clients[place].told == nil {
                    clients[place].keepsUntil = stage.milliseconds + Int64(pick(8000))
                }
                clients[place].told = given
            } else {
                if !given.isEmpty { note(.given) }
                clients[place].owned = given
                clients[place].told = nil
            }
            if bug == .readsMore { clients[place].owned.insert(0, of: topicID("t")) }
        }
        commit(place)
    }

    private mutating func commit(_ place: Int) {
        let client = clients[place]
        guard pick(3) == 0,
            let (topic, all) = client.owned.topics.min(by: { $0.key.low < $1.key.low }),
            let partition = all.min(), let name = topics.keys.first(where: { topicID($0) == topic })
        else { return }
        nextNumber += 1
        let one = PartitionCommit(partition: partition, offset: nextNumber)
        let error = stage.commit(
            CommitRequest(
                version: 9,
                claim: MemberClaim(
                    group: "g", memberID: client.memberID, instanceID: client.instance,
                    generation: client.epoch),
                topics: [TopicCommits(topic: name, topicID: topic, partitions: [one])]))[0]
        guard error == nil else {
            faults.append("\(client.memberID): commit \(String(describing: error))")
            return
        }
        note(.commit)
        committed[OffsetKey(group: "g", topic: name, partition: partition)] = nextNumber
    }

    // MARK: The world

    private mutating func changeTopics() {
        note(.grown)
        let name = ["t", "u", "v"][pick(3)]
        if pick(4) == 0 {
            topics[name] = nil
            for key in committed.keys where key.topic == name { committed[key] = nil }
            stage.perform { $0.deleteTopics([name], into: &$2) }
        } else {
            topics[name] = min((topics[name] ?? 0) + 1, 8)
        }
        stage.setTopics(topics)
    }

    private mutating func reload() {
        note(.reload)
        var records = stage.records
        if bug == .losesRecords { records.removeLast(min(records.count, 12)) }
        var next = Stage(replaying: records, settings: stage.coordinator.settings)
        next.coordinator.topics = stage.coordinator.topics
        next.takeOver(stage)
        stage = next
        // Sessions of members begin anew.
        let members = stage.coordinator.consumerGroups["g"]?.members ?? [:]
        for place in clients.indices where members[clients[place].memberID] != nil {
            clients[place].lastSeen = stage.milliseconds
        }
    }

    // MARK: Oracles

    private mutating func check() {
        guard let group = stage.coordinator.consumerGroups["g"] else { return }
        if group.epoch < groupEpoch {
            faults.append("the group goes back from epoch \(groupEpoch) to \(group.epoch)")
        }
        groupEpoch = group.epoch
        var readers: [UniqueID: [Int32: String]] = [:]
        for client in clients where !client.isDead && client.epoch > 0 {
            guard group.members[client.memberID] != nil else { continue }
            for (topic, all) in client.owned.topics {
                for partition in all {
                    if let other = readers[topic]?[partition] {
                        faults.append("\(client.memberID) and \(other) read \(topic)-\(partition)")
                    }
                    readers[topic, default: [:]][partition] = client.memberID
                }
            }
        }
        for (key, offset) in committed {
            let kept = stage.offset(of: key.group, key.topic, key.partition)
            if kept != offset { faults.append("\(key): \(offset), read back \(kept ?? -1)") }
        }
        guard pick(25) == 0 else { return }
        let copy = Stage(replaying: stage.records).coordinator.consumerGroups["g"]
        if stored(copy) != stored(group) { faults.append("records give another group") }
    }

    /// What records tell of a group.
    private func stored(_ group: ConsumerGroup?) -> [AnyHashable] {
        guard let group else { return [] }
        return [
            group.epoch, group.metadataHash, group.targetEpoch, group.target, group.owners,
            group.instances, group.patterns, group.members.mapValues(\.profile),
            group.members.mapValues(\.current),
        ]
    }
}
