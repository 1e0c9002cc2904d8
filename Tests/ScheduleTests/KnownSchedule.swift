import Testing

/// A schedule that failed once, and what it showed. It is run before any other.
struct KnownSchedule: CustomTestStringConvertible {
    var schedule: Schedule
    var showed: String

    init(_ kind: Schedule.Kind, _ seed: UInt64, _ showed: String) {
        schedule = Schedule(kind: kind, seed: seed)
        self.showed = showed
    }

    var testDescription: String { "\(schedule.kind) \(schedule.seed): \(showed)" }

    static let all = [
        KnownSchedule(
            .shares, 3, "a sharer whose heartbeat was lost never heard of its assignment"),
        KnownSchedule(
            .groups, 1010, "a topic could not be made anew whose deletion had met a full disk"),
        KnownSchedule(
            .copying, 3133,
            "a topic was written to and answered for, the records of which the metadata had lost"),
    ]
}
