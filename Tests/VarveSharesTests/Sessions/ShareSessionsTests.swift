import Testing
import VarveShares
import VarveTerms

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
