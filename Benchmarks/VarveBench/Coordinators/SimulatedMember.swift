internal import VarveTerms
internal import VarveWire

/// A member of a consumer group (KIP-848) that does what client libraries do: beats at the interval
/// that the last answer told, hands back at once what it is not to have any more, and says so in a
/// heartbeat of its own.
struct SimulatedMember {
    static let version: Int16 = 1

    private let id: String
    private let group: String
    private let topic: String
    private var topicID = UniqueID.zero
    /// 0 before it has joined.
    private(set) var epoch: Int32 = 0
    private(set) var owned: [Int32] = []
    /// Whether the broker is to hear what it has.
    private(set) var hasNews = false
    /// When its next heartbeat is due, on the stopwatch.
    private(set) var due: Int64 = 0
    private(set) var isWaiting = false

    init(id: String, group: String, topic: String) {
        (self.id, self.group, self.topic) = (id, group, topic)
    }

    /// The next heartbeat.
    mutating func beat() throws -> [UInt8] {
        isWaiting = true
        var request = ConsumerGroupHeartbeatRequest()
        (request.groupId, request.memberId, request.memberEpoch) = (group, id, epoch)
        if epoch == 0 {
            request.rebalanceTimeoutMs = 300_000
            request.subscribedTopicNames = [topic]
            request.topicPartitions = []
        } else if hasNews {
            request.topicPartitions =
                owned.isEmpty ? [] : [.init(topicId: topicID, partitions: owned)]
        }
        hasNews = false
        return try RequestFrame.make(request, version: Self.version)
    }

    /// Leaves; nobody waits for the answer but its connection.
    mutating func leave() throws -> [UInt8] {
        var request = ConsumerGroupHeartbeatRequest()
        (request.groupId, request.memberId, request.memberEpoch) = (group, id, -1)
        self = SimulatedMember(id: id, group: group, topic: topic)
        return try RequestFrame.make(request, version: Self.version)
    }

    /// - Returns: whether anything is new.
    mutating func take(_ answer: [UInt8], at now: Int64) throws -> Bool {
        let response = try RequestFrame.answer(
            answer, version: Self.version, as: ConsumerGroupHeartbeatResponse.self)
        try RequestFrame.check(response.errorCode, of: "ConsumerGroupHeartbeat")
        isWaiting = false
        due = now + Int64(response.heartbeatIntervalMs) * 1_000_000
        var isNew = response.memberEpoch != epoch
        epoch = response.memberEpoch
        if let assignment = response.assignment {
            let rows = assignment.topicPartitions
            topicID = rows.first?.topicId ?? topicID
            let told = rows.flatMap(\.partitions)
            if told != owned {
                owned = told
                // What changed is told at once.
                (hasNews, due, isNew) = (true, now, true)
            }
        }
        return isNew
    }
}

/// The members of one consumer group, of which the last may come and go.
final class SimulatedGroup {
    private let crew: ClientCrew
    private let partitions: Int
    private var members: [SimulatedMember]
    /// How many of them are in the group.
    private var present = 0

    init(port: UInt16, members count: Int, topic: String, partitions: Int) throws {
        crew = try ClientCrew(port: port, count: count)
        self.partitions = partitions
        members = (0..<count).map {
            SimulatedMember(id: "member-\($0)", group: "group", topic: topic)
        }
    }

    /// Has as many members in the group, and waits until each has its part.
    func settle(members count: Int) throws {
        if count < present {
            for member in count..<present {
                // An answer that is under way belongs to the heartbeat before.
                while members[member].isWaiting { try takeAnswer(until: .max) }
                _ = try crew.ask(try members[member].leave(), by: member)
            }
        }
        present = count
        let start = Stopwatch.now()
        while !isSettled {
            guard Stopwatch.now() - start < ClientCrew.patience else { throw CrewError.silence }
            try step(until: .max)
        }
    }

    /// Goes on for so many nanoseconds.
    func rest(for nanoseconds: Int64) throws {
        let end = Stopwatch.now() + nanoseconds
        while Stopwatch.now() < end { try step(until: end) }
        while members.contains(where: \.isWaiting) { try takeAnswer(until: .max) }
    }

    /// A heartbeat of each member that says nothing new, one after the other.
    func beatOnce() throws {
        for member in 0..<present {
            let answer = try crew.ask(try members[member].beat(), by: member)
            _ = try members[member].take(answer, at: Stopwatch.now())
        }
    }

    /// Whether each has its part, has said so, and all are in one epoch.
    private var isSettled: Bool {
        let parts = members[..<present]
        guard let first = parts.first, first.epoch > 0 else { return false }
        let low = partitions / present
        var sum = 0
        for member in parts {
            let count = member.owned.count
            guard member.epoch == first.epoch, !member.hasNews, !member.isWaiting,
                count == low || count == low + 1
            else { return false }
            sum += count
        }
        return sum == partitions
    }

    private func step(until end: Int64) throws {
        let now = Stopwatch.now()
        var next = end
        for member in 0..<present where !members[member].isWaiting {
            if members[member].due <= now {
                try crew.send(try members[member].beat(), by: member)
            } else {
                next = min(next, members[member].due)
            }
        }
        try takeAnswer(until: next)
    }

    private func takeAnswer(until end: Int64) throws {
        let limit = min(end, Stopwatch.now() + ClientCrew.patience)
        guard let (member, answer) = try crew.next(until: limit) else { return }
        _ = try members[member].take(answer, at: Stopwatch.now())
    }
}
