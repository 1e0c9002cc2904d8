import Foundation
import Testing
import VarveTerms

@testable import VarveGroups

/// The table "States and requests" of docs/internals/groups.md is what groups do.
@Suite("decision table")
struct DecisionTableTests {
    /// One cell of the table.
    struct Cell: CustomTestStringConvertible {
        var request: String
        var state: String
        var answer: String

        var testDescription: String { "\(request), \(state): \(answer)" }
    }

    static let cells: [Cell] = {
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let path = root + "/docs/internals/groups.md"
        let text = FileManager.default.contents(atPath: path) ?? Data()
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let rows = lines.drop { !$0.hasPrefix("| request |") }.prefix { $0.hasPrefix("|") }
            .map { line in
                line.split(separator: "|").map { $0.drop { $0 == " " }.trimmingSuffix(" ") }
            }
        guard let head = rows.first else { return [] }
        return rows.dropFirst(2).flatMap { row in
            zip(head, row).dropFirst().map { Cell(request: row[0], state: $0, answer: $1) }
        }
    }()

    @Test("the table has every request in every state")
    func complete() {
        #expect(Set(Self.cells.map(\.request)) == Set(Request.allCases.map(\.rawValue)))
        #expect(Set(Self.cells.map(\.state)) == Set(Scene.allCases.map(\.rawValue)))
        #expect(Self.cells.count == Request.allCases.count * Scene.allCases.count)
    }

    @Test("a request is answered as the table says", arguments: cells)
    func walk(cell: Cell) throws {
        let request = try #require(Request(rawValue: cell.request))
        let scene = try #require(Scene(rawValue: cell.state))
        var (stage, ids) = scene.make()
        let answer = request.answer(&stage, ids)
        #expect(answer == cell.answer)
        #expect(stage.answeredTwice.isEmpty)
    }

    /// A group of two members, the leader first, in each state.
    enum Scene: String, CaseIterable {
        case unknown
        case empty
        case preparing
        case completing
        case stable

        func make() -> (stage: Stage, ids: [String]) {
            var stage = Stage()
            switch self {
            case .unknown:
                return (stage, ["leader", "follower"])
            case .empty:
                let ids = stage.makeStable("g", instances: [nil, nil])
                _ = stage.leave("g", ids.map { LeavingMember(memberID: $0) })
                return (stage, ids)
            case .preparing:
                let ids = stage.makeStable("g", instances: [nil, nil])
                _ = stage.join("g", version: 3)
                return (stage, ids)
            case .completing:
                let ids = stage.makeCompleting("g", instances: [nil, nil])
                return (stage, ids)
            case .stable:
                let ids = stage.makeStable("g", instances: [nil, nil])
                return (stage, ids)
            }
        }

        var state: GroupState {
            switch self {
            case .unknown: .dead
            case .empty: .empty
            case .preparing: .preparingRebalance
            case .completing: .completingRebalance
            case .stable: .stable
            }
        }
    }

    @Test("the scenes are what they are called", arguments: Scene.allCases)
    func scenes(scene: Scene) {
        #expect(scene.make().stage.state(of: "g") == scene.state)
    }

    /// The first column.
    enum Request: String, CaseIterable {
        case joinNew = "join without id"
        case joinNewOld = "join without id, version 3"
        case joinStrange = "join with a strange id"
        case joinOther = "join of another protocol type"
        case joinLeader = "join of the leader"
        case joinFollower = "join of the follower"
        case joinChanged = "join of the follower, changed"
        case syncLeader = "sync of the leader"
        case syncFollower = "sync of the follower"
        case syncGeneration = "sync of another generation"
        case syncProtocol = "sync of another protocol"
        case heartbeat = "heartbeat"
        case heartbeatGeneration = "heartbeat of another generation"
        case leave = "leave"
        case commit = "commit of a member"
        case commitOld = "commit of a member, version 8"
        case commitGeneration = "commit of another generation"
        case commitAlone = "commit without membership"
        case deleteGroup = "delete the group"
        case deleteOffsets = "delete offsets"

        func answer(_ stage: inout Stage, _ ids: [String]) -> String {
            let generation = max(stage.generation(of: "g"), 0)
            switch self {
            case .joinNew, .joinNewOld, .joinStrange, .joinOther, .joinLeader, .joinFollower,
                .joinChanged:
                return join(&stage, ids)
            case .syncLeader, .syncFollower, .syncGeneration, .syncProtocol:
                return sync(&stage, ids, generation)
            case .heartbeat:
                return word(stage.heartbeat("g", as: ids[0], generation: generation))
            case .heartbeatGeneration:
                return word(stage.heartbeat("g", as: ids[0], generation: generation + 1))
            case .leave:
                return word(
                    stage.leave("g", [LeavingMember(memberID: ids[0])])?.singleError)
            case .commit:
                return word(stage.commit("g", as: ids[0], generation: generation))
            case .commitOld:
                return word(stage.commit("g", as: ids[0], generation: generation, version: 8))
            case .commitGeneration:
                return word(stage.commit("g", as: ids[0], generation: generation + 1))
            case .commitAlone:
                return word(stage.commit("g"))
            case .deleteGroup:
                return word(stage.delete(["g"])[0].error)
            case .deleteOffsets:
                let topics = [DeletedTopic(topic: "t", partitions: [0])]
                let answer = stage.deleteOffsets(OffsetDeletion(group: "g", topics: topics))
                return word(answer?.error ?? answer?.topics.first?.partitions.first?.error)
            }
        }

        private func join(_ stage: inout Stage, _ ids: [String]) -> String {
            let token =
                switch self {
                case .joinNewOld: stage.join("g", version: 3)
                case .joinStrange: stage.join("g", as: "nobody")
                case .joinOther: stage.join("g", type: "connect")
                case .joinLeader: stage.join("g", as: ids[0])
                case .joinFollower: stage.join("g", as: ids[1])
                case .joinChanged: stage.join("g", as: ids[1], topics: ["t", "u"])
                default: stage.join("g")
                }
            return stage.joined(token).map { word($0.error) } ?? "waits"
        }

        private func sync(_ stage: inout Stage, _ ids: [String], _ generation: Int32) -> String {
            let member = self == .syncLeader ? ids[0] : ids[1]
            let claim = MemberClaim(
                group: "g", memberID: member,
                generation: self == .syncGeneration ? generation + 1 : generation)
            let token = stage.sync(
                SyncRequest(
                    version: 5, claim: claim, protocolType: "consumer",
                    protocolName: self == .syncProtocol ? "other" : "range"))
            return stage.synced(token).map { word($0.error) } ?? "waits"
        }

        private func word(_ error: GroupError?) -> String { error.map { "\($0)" } ?? "ok" }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
