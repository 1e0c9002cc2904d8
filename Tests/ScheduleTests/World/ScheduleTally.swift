/// What happened in schedules.
struct ScheduleTally {
    var schedules = 0
    var requests = 0
    var answers = 0
    /// Requests of which nobody knows what came of them.
    var losses = 0
    var kills = 0
    var powerCuts = 0
    var diskFaults = 0
    var slowDisks = 0
    var fullDisks = 0
    var cutLines = 0
    /// What members came to, by name.
    var events: [String: Int] = [:]

    static func += (left: inout Self, right: Self) {
        left.schedules += right.schedules
        left.requests += right.requests
        left.answers += right.answers
        left.losses += right.losses
        left.kills += right.kills
        left.powerCuts += right.powerCuts
        left.diskFaults += right.diskFaults
        left.slowDisks += right.slowDisks
        left.fullDisks += right.fullDisks
        left.cutLines += right.cutLines
        left.events.merge(right.events) { $0 + $1 }
    }
}

extension ScheduleTally: CustomStringConvertible {
    var description: String {
        let events = events.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return "\(schedules) schedules: \(requests) requests, \(losses) lost, \(kills) kills, "
            + "\(powerCuts) power cuts, \(diskFaults) disk faults, \(slowDisks) slow "
            + "and \(fullDisks) full disks, \(cutLines) cut connections; "
            + events.joined(separator: ", ")
    }
}
