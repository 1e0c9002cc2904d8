/// The logs of which a ring has bytes that their own files may lack, by the frame that has the
/// first of those, oldest first.
///
/// A log that was flushed in its own file stays until it is met here: it tells so itself.
struct CommitMembers {
    private struct Member {
        var log: Log
        var place: CommitFramePlace

        /// Whether the log needs that frame still.
        var isLive: Bool { log.inPlace?.frame == place.sequence }
    }

    private var all: [Member] = []
    /// Those before it were let go.
    private var start = 0

    /// How many there are at the most.
    var countMax: Int { all.count - start }

    /// A frame has the first bytes that the log's own file lacks.
    mutating func add(_ log: Log, at place: CommitFramePlace) {
        all.append(Member(log: log, place: place))
    }

    /// The oldest frame that a log needs; nil when none does.
    mutating func firstPlace() -> CommitFramePlace? {
        while start < all.count, !all[start].isLive { start += 1 }
        if start > all.count / 2 {
            all.removeFirst(start)
            start = 0
        }
        return all.isEmpty ? nil : all[start].place
    }

    /// The logs that need a frame which `isOld` holds for, oldest first, without those that wait
    /// for somebody to let them go on.
    func open(where isOld: (CommitFramePlace) -> Bool) -> [Log] {
        var logs: [Log] = []
        for member in all[start...] where member.isLive {
            guard isOld(member.place) else { break }
            if case .open = member.log.standing { logs.append(member.log) }
        }
        return logs
    }

    /// All logs that need a frame, oldest first.
    var logs: [Log] { all[start...].filter(\.isLive).map(\.log) }

    /// Begins anew with these.
    mutating func replace(by logs: [(log: Log, place: CommitFramePlace)]) {
        all = logs.map { Member(log: $0.log, place: $0.place) }
        start = 0
    }
}
