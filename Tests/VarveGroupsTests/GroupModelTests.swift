import Testing
import VarveSeeds
import VarveTerms

@testable import VarveGroups

/// Random clients on a virtual clock, and what must hold whatever they do.
@Suite("groups under random clients")
struct GroupModelTests {
    @Test("members agree, the diligent stay, and the records rebuild everything")
    func random() {
        var random = SeededRandom("GroupModelTests.random")
        for round in 0..<12 {
            var model = GroupModel(seed: random.next())
            for _ in 0..<600 { model.step() }
            model.settle()
            #expect(model.faults == [], "round \(round), seed \(random.seed)")
            guard model.faults.isEmpty else { return }
        }
    }

    @Test("a run is long enough to show something")
    func reach() {
        var model = GroupModel(seed: 7)
        for _ in 0..<4000 { model.step() }
        model.settle()
        #expect(model.faults == [])
        #expect(model.seen.count == GroupModel.Event.allCases.count, "\(model.seen)")
    }
}

/// A coordinator, its clients, and the oracles.
///
/// *Oracles*: all answers of a generation name one leader and one protocol; each part is the one
/// that this leader gave; a client that does what it is told is never told that it is
/// unknown; offsets that were committed are read back; the records of the stage, read by another
/// coordinator, give the groups that are stable or empty, and all offsets; every token is answered
/// at most once, and in the end no request of a living client waits.
struct GroupModel {
    enum Event: String, CaseIterable {
        case generation, assignment, skipped, fenced, removed, rejoinTold, commit, replay, restart
        case emptied, changed
    }

    struct Generation: Hashable {
        var group: String
        var number: Int32
        /// Readings of the partition make numbers start anew.
        var reading: Int
    }

    var stage: Stage
    var random: SeededRandom
    var clients: [ModelClient] = []
    var faults: [String] = []
    var seen: [Event: Int] = [:]
    private var reading = 0
    private var leaders: [Generation: Set<String>] = [:]
    private var protocols: [Generation: Set<String>] = [:]
    private var parts: [Generation: [String: [UInt8]]] = [:]
    private var committed: [OffsetKey: Int64] = [:]
    private var nextNumber: Int64 = 0

    private static let groups = ["a", "b"]

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
        var settings = GroupSettings()
        settings.groupSizeMax = 6
        stage = Stage(settings: settings)
    }

    mutating func step() {
        stage.advance(milliseconds: Int64(pick(1500)))
        if clients.count(where: { $0.phase != .dead }) < 8, pick(4) == 0 { addClient() }
        for place in clients.indices { act(place) }
        if pick(40) == 0 { checkReplay() }
        if pick(150) == 0 { restart() }
        clients.removeAll { $0.phase == .dead }
    }

    /// Lets all who live finish what they began, then looks at everything once more.
    mutating func settle() {
        for _ in 0..<200 {
            stage.advance(milliseconds: 1000)
            for place in clients.indices { follow(place) }
        }
        for client in clients where client.phase != .working && client.phase != .dead {
            faults.append("\(client.name) still waits: \(client.phase)")
        }
        if !stage.answeredTwice.isEmpty { faults.append("twice: \(stage.answeredTwice)") }
        checkReplay()
    }

    // MARK: Clients

    private mutating func pick(_ count: UInt64) -> Int { Int(random.next() % count) }

    private mutating func note(_ event: Event) { seen[event, default: 0] += 1 }

    private mutating func addClient() {
        nextNumber += 1
        let instance = pick(3) == 0 ? "i\(pick(3))" : nil
        clients.append(
            ModelClient(
                group: Self.groups[pick(2)], name: "n\(nextNumber)", instance: instance,
                version: [3, 5, 9][pick(3)], lastSeen: stage.milliseconds))
    }

    private mutating func act(_ place: Int) {
        switch pick(30) {
        case 0: clients[place].phase = .dead
        case 1: leave(place)
        case 2 where clients[place].phase == .working:
            clients[place].protocols.reverse()
            note(.changed)
            sendJoin(place)
        case 3: sendNonsense(place)
        default: follow(place)
        }
    }

    private mutating func leave(_ place: Int) {
        let client = clients[place]
        let row = LeavingMember(memberID: client.memberID, instanceID: client.instance)
        _ = stage.leave(client.group, [row])
        clients[place].phase = .dead
    }

    private mutating func sendNonsense(_ place: Int) {
        let group = clients[place].group
        _ = stage.join(group, as: "stranger")
        _ = stage.sync(group, as: "stranger", generation: 1)
        _ = stage.heartbeat(group, as: "stranger", generation: 1)
        _ = stage.commit(group, as: "stranger", generation: 1)
    }

    /// One step of a client that does what it is told.
    private mutating func follow(_ place: Int) {
        switch clients[place].phase {
        case .dead: return
        case .outside: sendJoin(place)
        case .joining(let token):
            if let answer = stage.joined(token) { takeJoin(answer, place) }
        case .syncing(let token):
            if let answer = stage.synced(token) { takeSync(answer, place) }
        case .working: work(place)
        }
        clients[place].lastSeen = stage.milliseconds
    }

    private mutating func sendJoin(_ place: Int) {
        let client = clients[place]
        let token = stage.join(
            client.group, as: client.memberID, instance: client.instance,
            version: client.version, protocols: client.protocols, rebalance: 8000,
            client: client.name)
        clients[place].phase = .joining(token)
        if let answer = stage.joined(token) { takeJoin(answer, place) }
    }

    private mutating func takeJoin(_ answer: JoinAnswer, _ place: Int) {
        guard answer.error == nil else { return takeRefusal(answer, place) }
        let client = clients[place]
        let generation = Generation(
            group: client.group, number: answer.generation, reading: reading)
        note(.generation)
        protocols[generation, default: []].insert(answer.protocolName ?? "")
        leaders[generation, default: []].insert(Self.lineage(of: answer.leader))
        (clients[place].memberID, clients[place].reading) = (answer.memberID, reading)
        clients[place].generation = answer.generation
        if answer.skipAssignment { note(.skipped) }
        sendSync(place, answer, generation)
    }

    private mutating func takeRefusal(_ answer: JoinAnswer, _ place: Int) {
        switch answer.error {
        case .memberIDRequired:
            clients[place].memberID = answer.memberID
            sendJoin(place)
        case .fencedInstanceID:
            note(.fenced)
            clients[place].phase = .dead
        case .unknownMemberID:
            checkDiligence(place, "join")
            clients[place].reset()
        case .groupMaxSizeReached:
            clients[place].phase = .dead
        case .rebalanceInProgress:
            clients[place].phase = .outside
        default:
            faults.append("\(clients[place].name): join \(String(describing: answer.error))")
            clients[place].phase = .dead
        }
    }

    private mutating func sendSync(
        _ place: Int, _ answer: JoinAnswer, _ generation: Generation
    ) {
        let client = clients[place]
        var assignments: [MemberAssignment] = []
        if !answer.members.isEmpty, !answer.skipAssignment {
            nextNumber += 1
            assignments = answer.members.map {
                MemberAssignment(
                    memberID: $0.memberID, assignment: Array("\($0.memberID) \(nextNumber)".utf8))
            }
            parts[generation] = Dictionary(
                uniqueKeysWithValues: assignments.map { ($0.memberID, $0.assignment) })
        }
        let token = stage.sync(
            SyncRequest(
                version: 5, claim: client.claim, protocolType: "consumer",
                protocolName: answer.protocolName, assignments: assignments))
        clients[place].phase = .syncing(token)
        if let answer = stage.synced(token) { takeSync(answer, place) }
    }

    private mutating func takeSync(_ answer: SyncAnswer, _ place: Int) {
        let client = clients[place]
        guard answer.error == nil else { return takeError(answer.error, place, "sync") }
        note(.assignment)
        let generation = Generation(
            group: client.group, number: client.generation, reading: reading)
        if client.instance == nil, client.reading == reading,
            parts[generation]?[client.memberID] != answer.assignment
        {
            faults.append("\(client.memberID) has a part that its leader did not give")
        }
        clients[place].phase = .working
    }

    private mutating func work(_ place: Int) {
        let client = clients[place]
        let error = stage.heartbeat(
            client.group, as: client.memberID, generation: client.generation,
            instance: client.instance)
        guard error == nil else { return takeError(error, place, "heartbeat") }
        guard pick(3) == 0 else { return }
        nextNumber += 1
        let refusal = stage.commit(
            client.group, as: client.memberID, generation: client.generation,
            instance: client.instance, offset: nextNumber)
        guard refusal == nil else { return takeError(refusal, place, "commit") }
        note(.commit)
        committed[OffsetKey(group: client.group, topic: "t", partition: 0)] = nextNumber
        if stage.offset(of: client.group) != nextNumber {
            faults.append("\(client.name) does not read its offset back")
        }
    }

    private mutating func takeError(_ error: GroupError?, _ place: Int, _ request: String) {
        switch error {
        case .rebalanceInProgress:
            note(.rejoinTold)
            sendJoin(place)
        case .illegalGeneration:
            sendJoin(place)
        case .unknownMemberID:
            checkDiligence(place, request)
            clients[place].reset()
        case .fencedInstanceID:
            note(.fenced)
            clients[place].phase = .dead
        default:
            faults.append("\(clients[place].name): \(request) \(String(describing: error))")
            clients[place].phase = .dead
        }
    }

    // MARK: Oracles

    /// What stays of a member when its process changes: static ones are named for their instance.
    private static func lineage(of memberID: String) -> String {
        memberID.hasPrefix("i") ? String(memberID.prefix(2)) : memberID
    }

    /// A client that is heard of often enough is never a stranger. Dynamic ones only: a static one
    /// may have been replaced, and after a restart members of a lost generation are strangers.
    private mutating func checkDiligence(_ place: Int, _ request: String) {
        note(.removed)
        let client = clients[place]
        let silence = stage.milliseconds - client.lastSeen
        if client.instance == nil, silence < 6000, client.reading == reading {
            faults.append("\(client.name) was removed after \(silence) ms (\(request))")
        }
    }

    private mutating func checkReplay() {
        note(.replay)
        let copy = Stage(replaying: stage.records, settings: stage.coordinator.settings)
        if copy.coordinator.offsets != stage.coordinator.offsets {
            faults.append("offsets differ after a replay")
        }
        for group in stage.coordinator.groups.values {
            if group.state == .empty { note(.emptied) }
            guard group.state == .stable || group.state == .empty else { continue }
            let read = copy.coordinator.groups[group.id]
            var told = read.map(stored)
            let held = stored(group)
            // A stable group's record tells when its generation was made, a moment before.
            if group.state == .stable { told?.stateTimestamp = held.stateTimestamp }
            // Static members that are away are not counted, so a group may pass its limit; who
            // reads such a group begins with a rebalance.
            let isFull = group.members.count > copy.coordinator.settings.groupSizeMax
            if told != held || (read?.state != group.state && !isFull) {
                faults.append("\(group.id) differs after a replay: \(held), \(told as Any)")
            }
        }
        for (key, offset) in committed where copy.offset(of: key.group) != offset {
            faults.append("group \(key.group) lost its offset \(offset)")
        }
        for (generation, names) in leaders where names.count > 1 {
            faults.append("generation \(generation) has leaders \(names)")
        }
        for (generation, names) in protocols where names.count > 1 {
            faults.append("generation \(generation) has protocols \(names)")
        }
    }

    private func stored(_ group: ClassicGroup) -> StoredGroup {
        group.record(assignment: \.assignment)
    }

    /// The coordinator is lost, and another one reads the records.
    private mutating func restart() {
        note(.restart)
        var next = Stage(replaying: stage.records, settings: stage.coordinator.settings)
        next.takeOver(stage)
        stage = next
        reading += 1
        for place in clients.indices {
            switch clients[place].phase {
            case .joining, .syncing: clients[place].phase = .outside
            default: break
            }
        }
    }
}
