public import VarveTerms

/// The share groups of one partition of `__consumer_offsets`.
///
/// A pure state machine: requests and the time go in, answers and records come out; it reads no
/// clock and writes no file. What it decides it takes as done at once, so after a failed write the
/// caller throws it away and reads the partition anew. An answer leaves after all records that came
/// before it, and with it, are durable.
///
/// *Threads*: a value, owned by one shard.
/// *Source*: KIP-932, group membership; docs/internals/shares.md.
public struct ShareGroupCoordinator: Sendable {
    var groups: [String: ShareGroup] = [:]
    var alarms = AlarmQueue<String>()

    public init() {}

    // MARK: Reading the partition

    /// Takes one record of the partition, in the order of offsets. Records may hold anything.
    public mutating func apply(_ record: ShareGroupRecord) {
        let id = record.group
        if case .group(_, nil) = record {
            groups[id] = nil
        } else if groups[id] != nil || !record.isTombstone {
            groups[id, default: ShareGroup(id: id)].apply(record)
        }
    }

    /// The partition is read: from now on groups are served, and all sessions begin.
    public mutating func begin(
        at now: Instant, settings: (_ group: String) -> ShareGroupSettings
    ) {
        for id in groups.keys.sorted() {
            let end = now.advanced(by: settings(id).sessionTimeout)
            for member in groups[id]?.members.keys.sorted() ?? [] {
                groups[id]?.members[member]?.sessionEnd = end
            }
            alarms.set(groups[id]?.firstSessionEnd, for: id)
        }
    }

    // MARK: Time

    /// When `expire` is to be called next, or earlier; nil when nothing is waited for.
    public var nextDeadline: Instant? { alarms.first }

    /// Members that were not heard of for too long are given up.
    /// - Returns: who they were.
    public mutating func expire(
        at now: Instant, into records: inout [ShareGroupRecord]
    ) -> [ShareSessionKey] {
        var lost: [ShareSessionKey] = []
        for id in alarms.popDue(at: now).sorted() {
            let members = groups[id]?.members.filter { $0.value.sessionEnd <= now } ?? [:]
            for member in members.keys.sorted() {
                remove(member, from: id, into: &records)
                lost.append(ShareSessionKey(group: id, member: member))
            }
            alarms.set(groups[id]?.firstSessionEnd, for: id)
        }
        return lost
    }

    // MARK: Changing

    /// Decides a record: it is taken as done, and to be written.
    mutating func add(_ record: ShareGroupRecord, to records: inout [ShareGroupRecord]) {
        apply(record)
        records.append(record)
    }

    mutating func remove(
        _ member: String, from id: String, into records: inout [ShareGroupRecord]
    ) {
        guard let group = groups[id] else { return }
        for record in group.departure(of: member) { add(record, to: &records) }
        raiseEpoch(of: id, topicsHash: group.members.count == 1 ? 0 : nil, into: &records)
        alarms.set(groups[id]?.firstSessionEnd, for: id)
    }

    mutating func raiseEpoch(
        of id: String, topicsHash: Int64? = nil, into records: inout [ShareGroupRecord]
    ) {
        guard var epoch = groups[id]?.epoch else { return }
        epoch.epoch &+= 1
        epoch.topicsHash = topicsHash ?? epoch.topicsHash
        add(.group(id, epoch), to: &records)
    }
}

extension ShareGroupRecord {
    fileprivate var isTombstone: Bool {
        switch self {
        case .member(_, _, nil), .group(_, nil), .targetEpoch(_, nil), .target(_, _, nil),
            .current(_, _, nil), .topics(_, nil):
            true
        default: false
        }
    }
}
