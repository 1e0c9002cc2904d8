import VarveTerms

/// How the coordinator deals partitions out.
public enum PartitionAssignor: String, Hashable, Sendable, CaseIterable {
    /// As evenly as can be; nobody loses what the balance lets it keep.
    case uniform
    /// For each topic ranges of partitions in the order of members: topics with as many
    /// partitions are dealt out alike.
    case range

    /// Every member's part.
    func assign(_ input: AssignorInput) -> [String: PartitionSet] {
        switch self {
        case .range: input.rangeParts
        case .uniform: input.isHomogeneous ? input.evenParts : input.balancedParts
        }
    }
}

/// What an assignor looks at.
///
/// *Invariant*: every topic of a member has a count.
struct AssignorInput {
    struct Member {
        var id: String
        var instanceID: String?
        /// Topics that exist and that it wants, in the order of their names.
        var topics: [UniqueID]
        /// What it was to have before.
        var assigned: PartitionSet
    }

    /// In the order of their ids.
    var members: [Member] = []
    var partitionCounts: [UniqueID: Int32] = [:]

    /// Whether all members want the same topics.
    var isHomogeneous: Bool { members.allSatisfy { $0.topics == members[0].topics } }

    func partitions(of topic: UniqueID) -> Range<Int32> {
        0..<max(partitionCounts[topic] ?? 0, 0)
    }
}

// MARK: Range

extension AssignorInput {
    /// Static members come first, in the order of their instance ids, since those stay the same.
    fileprivate var rangeParts: [String: PartitionSet] {
        let order = members.sorted { left, right in
            switch (left.instanceID, right.instanceID) {
            case (let left?, let right?): left < right
            case (_?, nil): true
            case (nil, _?): false
            case (nil, nil): left.id < right.id
            }
        }
        var subscribers: [UniqueID: Int32] = [:]
        for member in members { for topic in member.topics { subscribers[topic, default: 0] += 1 } }
        var parts: [String: PartitionSet] = [:]
        var turns: [UniqueID: Int32] = [:]
        for member in order {
            var part = PartitionSet()
            for topic in member.topics {
                let turn = turns[topic, default: 0]
                turns[topic] = turn + 1
                let all = partitions(of: topic)
                let (quota, extra) = all.upperBound.quotientAndRemainder(
                    dividingBy: subscribers[topic] ?? 1)
                let start = turn * quota + min(turn, extra)
                part.insert(start..<(start + quota + (turn < extra ? 1 : 0)), of: topic)
            }
            parts[member.id] = part
        }
        return parts
    }
}

// MARK: Uniform

extension AssignorInput {
    /// All want the same: each gets the same number, some one more. Whoever has most keeps most,
    /// so that as few partitions move as can be.
    /// - Complexity: O(partitions + members × log members)
    fileprivate var evenParts: [String: PartitionSet] {
        guard let topics = members.first?.topics else { return [:] }
        var kept = members.map { keep($0) }
        let total = topics.reduce(0) { $0 + partitions(of: $1).count }
        let (quota, extra) = total.quotientAndRemainder(dividingBy: members.count)
        let counts = kept.map(\.count)
        let order = members.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
        var room = [Int](repeating: 0, count: members.count)
        for (rank, place) in order.enumerated() {
            var left = quota + (rank < extra ? 1 : 0)
            for topic in topics {
                for partition in (kept[place].topics[topic] ?? []).sorted() {
                    if left > 0 { left -= 1 } else { kept[place].remove(partition, of: topic) }
                }
            }
            room[place] = left
        }
        var free = unassigned(topics, kept).makeIterator()
        for place in order {
            for _ in 0..<room[place] {
                guard let (topic, partition) = free.next() else { break }
                kept[place].insert(partition, of: topic)
            }
        }
        return named(kept)
    }

    /// Members want different topics: free partitions go to whoever has least, then partitions move
    /// to members that have two less or more, until there is none. Each move makes the sum of the
    /// squares of the counts smaller, so this ends.
    /// - Complexity: O(partitions × subscribers) for each round
    fileprivate var balancedParts: [String: PartitionSet] {
        var kept = members.map { keep($0) }
        var counts = kept.map(\.count)
        var subscribers: [UniqueID: [Int]] = [:]
        for (place, member) in members.enumerated() {
            for topic in member.topics { subscribers[topic, default: []].append(place) }
        }
        let topics = subscribers.sorted {
            ($0.value.count, $0.key.high, $0.key.low) < ($1.value.count, $1.key.high, $1.key.low)
        }
        func leastLoaded(_ places: [Int]) -> Int? {
            places.min { (counts[$0], $0) < (counts[$1], $1) }
        }
        for (topic, partition) in unassigned(topics.map(\.key), kept) {
            guard let place = leastLoaded(subscribers[topic] ?? []) else { continue }
            kept[place].insert(partition, of: topic)
            counts[place] += 1
        }
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            for (topic, places) in topics {
                for owner in places {
                    for partition in (kept[owner].topics[topic] ?? []).sorted() {
                        guard let least = leastLoaded(places), counts[owner] > counts[least] + 1
                        else { break }
                        kept[owner].remove(partition, of: topic)
                        kept[least].insert(partition, of: topic)
                        (counts[owner], counts[least]) = (counts[owner] - 1, counts[least] + 1)
                        hasMoved = true
                    }
                }
            }
        }
        return named(kept)
    }

    /// What a member had and may keep: of topics that it wants, partitions that exist.
    private func keep(_ member: Member) -> PartitionSet {
        var kept = PartitionSet()
        for topic in member.topics {
            let all = partitions(of: topic)
            kept.insert((member.assigned.topics[topic] ?? []).filter(all.contains), of: topic)
        }
        return kept
    }

    private func unassigned(
        _ topics: [UniqueID], _ kept: [PartitionSet]
    ) -> [(UniqueID, Int32)] {
        var taken = PartitionSet()
        for set in kept { for (topic, all) in set.topics { taken.insert(all, of: topic) } }
        return topics.flatMap { topic in
            partitions(of: topic).filter { !taken.contains($0, of: topic) }.map { (topic, $0) }
        }
    }

    private func named(_ parts: [PartitionSet]) -> [String: PartitionSet] {
        Dictionary(uniqueKeysWithValues: zip(members.map(\.id), parts))
    }
}
