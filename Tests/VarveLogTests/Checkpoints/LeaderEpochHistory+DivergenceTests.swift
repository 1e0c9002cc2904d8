import Testing
import VarveLog
import VarveTerms

@Suite struct LeaderEpochHistoryDivergenceTests {
    private let history = LeaderEpochHistory(
        appending: [(0, 0), (2, 120), (4, 170)].map {
            LeaderEpochEntry(LeaderEpoch($0.0), from: Offset($0.1))
        })

    private func cut(_ epoch: Int32, _ end: Int64) -> FollowerCut {
        history.cut(
            for: LeaderEpochHistory.EpochEnd(LeaderEpoch(epoch), endsAt: Offset(end)),
            logEnd: Offset(200))
    }

    @Test("a follower cuts where it leaves its leader's log")
    func cuts() {
        #expect(cut(4, 190) == FollowerCut(at: Offset(190), isFinal: true))
        #expect(cut(4, 300) == FollowerCut(at: Offset(200), isFinal: true))
        #expect(cut(2, 150) == FollowerCut(at: Offset(150), isFinal: true))
        #expect(cut(2, 190) == FollowerCut(at: Offset(170), isFinal: true))
        #expect(cut(3, 150) == FollowerCut(at: Offset(150), isFinal: false))
        #expect(cut(3, 190) == FollowerCut(at: Offset(170), isFinal: false))
        #expect(cut(7, 180) == FollowerCut(at: Offset(180), isFinal: true))
    }

    @Test("a leader tells a follower that diverges up to where it may agree")
    func standings() {
        func standing(_ offset: Int64, _ epoch: Int32) -> FollowerStanding {
            history.standing(
                ofFollowerAt: Offset(offset), epoch: LeaderEpoch(epoch), logEnd: Offset(200))
        }
        func end(_ epoch: Int32, _ offset: Int64) -> FollowerStanding {
            .diverges(LeaderEpochHistory.EpochEnd(LeaderEpoch(epoch), endsAt: Offset(offset)))
        }
        #expect(standing(200, 4) == .agrees)
        #expect(standing(170, 2) == .agrees)
        #expect(standing(171, 2) == end(2, 170))
        #expect(standing(150, 3) == end(2, 170))
        #expect(standing(201, 4) == end(4, 200))
        #expect(standing(100, 5) == .unknown)
    }
}
