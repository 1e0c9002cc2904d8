import Testing
import VarveTerms

@testable import VarveGroups

@Suite("consumer groups: the pace of heartbeats")
struct ConsumerGroupPaceTests {
    /// What a steady member of a group of one is told, with `count` members on the broker.
    private func steady(among count: Int, _ times: ConsumerTimes = ConsumerTimes()) -> Int32 {
        var stage = Stage()
        stage.setTopics(["t": 2])
        let epoch = stage.enter("g", as: "a").epoch
        let request = ConsumerHeartbeat(group: "g", memberID: "a", epoch: epoch)
        return stage.beat(request, times: times, among: count).heartbeatIntervalMs
    }

    @Test("few members come often, and all together at most 500 times a second")
    func load() {
        #expect(steady(among: 0) == 250)
        #expect(steady(among: 125) == 250)
        #expect(steady(among: 126) == 252)
        #expect(steady(among: 1000) == 2000)
        #expect(steady(among: 2500) == 5000)
        #expect(steady(among: .max / 4) == 5000, "never later than the configured interval")
    }

    @Test("a group that is larger than the last count goes by its own size")
    func ownSize() {
        var stage = Stage()
        stage.setTopics(["t": 1])
        var last: Int32 = 0
        for number in 0..<150 {
            last = stage.enter("g", as: "m\(number)").heartbeatIntervalMs
        }
        #expect(last == 300)
    }

    @Test("with the configured interval as the shortest everything is as in Kafka")
    func off() {
        var times = ConsumerTimes()
        times.heartbeatIntervalMin = .milliseconds(5000)
        #expect(steady(among: 1, times) == 5000)
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a", times: times)
        stage.advance(milliseconds: 2000)
        #expect(stage.enter("g", as: "b", times: times).heartbeatIntervalMs == 5000)
        times.heartbeatIntervalMin = .milliseconds(9000)
        #expect(steady(among: 1, times) == 5000, "a longer one than that means nothing")
    }

    @Test("a member that waits for what others have comes sooner, and steady ones do not")
    func waiting() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        let first = stage.enter("g", as: "a")
        stage.advance(milliseconds: 2000)
        // "a" has both partitions and does not know yet that it is to hand one back.
        let second = stage.enter("g", as: "b")
        #expect(second.heartbeatIntervalMs == 125)
        let told = stage.stay("g", as: "a", epoch: first.epoch)
        #expect(told.assignment?.count == 1)
        #expect(told.heartbeatIntervalMs == 125, "somebody waits for it")
        let rest = told.assignment ?? PartitionSet()
        let handedBack = stage.beat(
            ConsumerHeartbeat(group: "g", memberID: "a", epoch: told.epoch, owned: rest))
        #expect(handedBack.heartbeatIntervalMs == 250)
        let served = stage.stay("g", as: "b", epoch: second.epoch)
        #expect(served.assignment?.count == 1)
        #expect(served.heartbeatIntervalMs == 250)
    }

    @Test("a member that waits in a crowd comes four times as often as the others")
    func crowd() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a")
        stage.advance(milliseconds: 2000)
        let request = ConsumerHeartbeat(
            group: "g", memberID: "b", epoch: 0, rebalanceTimeoutMs: 1000,
            subscribedTopics: ["t"], owned: PartitionSet())
        #expect(stage.beat(request, among: 1000).heartbeatIntervalMs == 500)
    }

    @Test("a member far away waits for four times the way there and back, or half of that")
    func farAway() {
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a")
        stage.advance(milliseconds: 2000)
        var request = ConsumerHeartbeat(
            group: "g", memberID: "b", epoch: 0, rebalanceTimeoutMs: 1000,
            subscribedTopics: ["t"], owned: PartitionSet())
        let way = Duration.milliseconds(300)
        #expect(stage.beat(request, roundTrip: way).heartbeatIntervalMs == 600)
        request.group = "h"
        #expect(stage.beat(request, roundTrip: way).heartbeatIntervalMs == 1200)
        #expect(stage.beat(request, roundTrip: .seconds(2)).heartbeatIntervalMs == 5000)
    }

    @Test("who finds a target that may not be computed yet comes when it may")
    func assigning() {
        var times = ConsumerTimes()
        times.heartbeatInterval = .milliseconds(60_000)
        times.heartbeatIntervalMin = .milliseconds(1000)
        var stage = Stage()
        stage.setTopics(["t": 2])
        stage.enter("g", as: "a", times: times)
        stage.advance(milliseconds: 300)
        #expect(stage.enter("g", as: "b", times: times).heartbeatIntervalMs == 700)
        stage.advance(milliseconds: 690)
        #expect(
            stage.enter("g", as: "c", times: times).heartbeatIntervalMs == 500,
            "but not at once")
    }

    // MARK: Whole rebalances

    /// A member that does what libraries do: beats when it is told to, and says at once what it has
    /// when that changes.
    private struct Player {
        let id: String
        var epoch: Int32 = 0
        var owned = PartitionSet()
        var hasNews = false
        var due: Int64

        mutating func beat(_ stage: inout Stage) {
            var request = ConsumerHeartbeat(group: "g", memberID: id, epoch: epoch)
            if epoch == 0 {
                (request.rebalanceTimeoutMs, request.subscribedTopics) = (1000, ["t"])
            }
            if epoch == 0 || hasNews { request.owned = owned }
            let answer = stage.beat(request)
            #expect(answer.error == nil)
            (epoch, hasNews) = (answer.epoch, false)
            due = stage.milliseconds + Int64(answer.heartbeatIntervalMs)
            if let told = answer.assignment, told != owned {
                (owned, hasNews, due) = (told, true, stage.milliseconds)
            }
        }
    }

    /// Lets all members beat until each of them has its part, at most for `limit` milliseconds.
    private func settle(_ players: inout [Player], _ stage: inout Stage, limit: Int64) -> Int64 {
        let start = stage.milliseconds
        func isSettled() -> Bool {
            players.allSatisfy {
                !$0.hasNews && $0.epoch == players[0].epoch
                    && abs($0.owned.count - 64 / players.count) <= 1
            } && players.reduce(0) { $0 + $1.owned.count } == 64
        }
        while !isSettled(), stage.milliseconds - start < limit {
            guard let next = players.indices.min(by: { players[$0].due < players[$1].due }) else {
                break
            }
            stage.advance(milliseconds: max(0, players[next].due - stage.milliseconds))
            players[next].beat(&stage)
        }
        return stage.milliseconds - start
    }

    @Test("64 partitions are dealt anew within 400 ms, whenever a member comes", arguments: 1...9)
    func rebalance(_ count: Int) {
        for phase in stride(from: Int64(0), to: 250, by: 7) {
            var stage = Stage()
            stage.setTopics(["t": 64])
            var players = (0..<count).map { Player(id: "m\($0)", due: Int64($0) * 13) }
            #expect(settle(&players, &stage, limit: 10_000) < 10_000)
            // At rest for longer than the interval between targets.
            let rest = stage.milliseconds + 2000 + phase
            while let next = players.indices.min(by: { players[$0].due < players[$1].due }),
                players[next].due < rest
            {
                stage.advance(milliseconds: max(0, players[next].due - stage.milliseconds))
                players[next].beat(&stage)
            }
            stage.advance(milliseconds: rest - stage.milliseconds)
            players.append(Player(id: "new", due: rest))
            #expect(settle(&players, &stage, limit: 10_000) <= 400, "phase \(phase)")
        }
    }
}
