import Testing
import VarveTerms

@testable import VarveShares

@Suite("ShareSessions")
struct ShareSessionsTests {
    private let me = ShareSessionKey(group: "g", member: "me")
    private let one = TopicPartition(topicID: UniqueID(high: 1, low: 1), index: 0)
    private let two = TopicPartition(topicID: UniqueID(high: 1, low: 1), index: 1)

    @Test("without a session nothing goes on or ends, and a wrong epoch leaves it as it is")
    func errors() throws {
        var sessions = ShareSessions<Int>(countMax: 1)
        #expect(throws: ShareRefusal(.shareSessionNotFound)) {
            _ = try sessions.goOn(me, epoch: 1, adding: [])
        }
        #expect(throws: ShareRefusal(.shareSessionNotFound)) { try sessions.end(me) }
        let isSecond = try sessions.begin(me, with: [one], on: 1)
        #expect(!isSecond)
        for epoch: Int32 in [2, 0, -1, 99] {
            #expect(throws: ShareRefusal(.invalidShareSessionEpoch)) {
                _ = try sessions.goOn(me, epoch: epoch, adding: [two])
            }
        }
        #expect(sessions.partitions(of: me) == [one])
        let other = ShareSessionKey(group: "g", member: "you")
        #expect(throws: ShareRefusal(.shareSessionLimitReached)) {
            _ = try sessions.begin(other, with: [], on: 1)
        }
        let isInPlace = try sessions.begin(me, with: [two], on: 1)
        #expect(isInPlace, "in the place of the old one")
    }

    @Test("sessions have so many partitions each, and so many together")
    func partitionCounts() throws {
        typealias Sessions = ShareSessions<Int>
        let many = (0..<Int32(Sessions.partitionCountMax)).map {
            TopicPartition(topicID: one.topicID, index: $0)
        }
        let more = TopicPartition(topicID: UniqueID(high: 2, low: 2), index: 0)
        var sessions = Sessions(countMax: 100)
        #expect(throws: ShareRefusal(.shareSessionLimitReached)) {
            _ = try sessions.begin(me, with: many + [more], on: 1)
        }
        #expect(sessions.count == 0)
        _ = try sessions.begin(me, with: many, on: 1)
        #expect(throws: ShareRefusal(.shareSessionLimitReached)) {
            _ = try sessions.goOn(me, epoch: 1, adding: [more])
        }
        _ = try sessions.goOn(me, epoch: 1, adding: [], forgetting: [one, two])
        let added = try sessions.goOn(me, epoch: 2, adding: [more])
        #expect(added == [more])
        for number in 0..<9 {
            let key = ShareSessionKey(group: "g", member: "\(number)")
            _ = try sessions.begin(key, with: many, on: 2)
        }
        #expect(sessions.partitionCount == Sessions.totalMax - 1)
        let last = ShareSessionKey(group: "g", member: "last")
        #expect(throws: ShareRefusal(.shareSessionLimitReached)) {
            _ = try sessions.begin(last, with: [one, two], on: 1)
        }
        _ = sessions.endAll(on: 2)
        _ = try sessions.begin(last, with: [one, two], on: 1)
        try sessions.end(me)
        #expect(sessions.partitionCount == 2)
    }

    @Test("partitions are added and forgotten, each once")
    func partitions() throws {
        var sessions = ShareSessions<Int>(countMax: 10)
        _ = try sessions.begin(me, with: [one, one], on: 1)
        var new = try sessions.goOn(me, epoch: 1, adding: [one, two])
        #expect(new == [two])
        new = try sessions.goOn(me, epoch: 2, adding: [], forgetting: [one])
        #expect(new.isEmpty)
        #expect(sessions.partitions(of: me) == [two])
    }

    @Test("with a connection its sessions end")
    func connections() throws {
        var sessions = ShareSessions<Int>(countMax: 10)
        let you = ShareSessionKey(group: "g", member: "you")
        _ = try sessions.begin(me, with: [one], on: 1)
        _ = try sessions.begin(you, with: [two], on: 2)
        let lost = sessions.endAll(on: 1).map(\.key)
        #expect(lost == [me])
        #expect(sessions.partitions(of: me) == nil && sessions.partitions(of: you) == [two])
    }
}
