internal import VarveTerms

/// Who fetches what: the `simple` assignor of share groups.
///
/// Several members may have the same partition: it shares its records out. The same input gives the
/// same assignment.
///
/// *Invariants* of what it gives: each partition goes to somebody who subscribes to it; each member
/// that subscribes to something gets something; where all subscribe to the same, members have as
/// many partitions each, or partitions as many members each, give or take one; and whoever can keep
/// what it had keeps it, as far as these allow.
/// *Source*: KIP-932, simple assignor.
public enum ShareAssignor {
    /// - Parameters:
    ///   - members: with the partitions of what they subscribe to.
    ///   - previous: what members were assigned last.
    /// - Complexity: O((members × partitions) · log)
    public static func assign(
        _ members: [String: ShareAssignment], previous: [String: ShareAssignment] = [:]
    ) -> [String: ShareAssignment] {
        let names = members.keys.sorted()
        var subscribers: [TopicPartition: [Int]] = [:]
        for (member, name) in names.enumerated() {
            for partition in members[name]?.partitions ?? [] {
                subscribers[partition, default: []].append(member)
            }
        }
        var holders: [TopicPartition: [Int]] = [:]
        for (member, name) in names.enumerated() {
            for partition in previous[name]?.partitions ?? [] {
                holders[partition, default: []].append(member)
            }
        }
        // Partitions with the same subscribers are shared out together.
        var circles: [[Int]: [TopicPartition]] = [:]
        for (partition, members) in subscribers { circles[members, default: []].append(partition) }
        var found = [[TopicPartition]](repeating: [], count: names.count)
        // Those with the fewest subscribers first: they leave the least choice.
        for members in circles.keys.sorted(by: { ($0.count, $0) < ($1.count, $1) }) {
            let partitions = ShareAssignment(circles[members] ?? []).partitions
            let circle = Circle(members, partitions, found.map(\.count))
            for (member, partition) in circle.share(keeping: holders) {
                found[member].append(partitions[partition])
            }
        }
        return names.enumerated().reduce(into: [:]) {
            $0[$1.element] = ShareAssignment(found[$1.offset])
        }
    }
}

private func < (left: (Int, [Int]), right: (Int, [Int])) -> Bool {
    left.0 == right.0 ? left.1.lexicographicallyPrecedes(right.1) : left.0 < right.0
}

/// Members that subscribe to the same partitions, and these partitions.
private struct Circle {
    /// Its members, in order; numbers of the whole group.
    private let members: [Int]
    private let partitions: [TopicPartition]
    /// How many partitions of other circles each member of the group has.
    private let loads: [Int]

    init(_ members: [Int], _ partitions: [TopicPartition], _ loads: [Int]) {
        (self.members, self.partitions, self.loads) = (members, partitions, loads)
    }

    /// - Returns: members of the group with places of partitions.
    func share(keeping holders: [TopicPartition: [Int]]) -> [(Int, Int)] {
        let isMember = Set(members)
        let held = partitions.map { (holders[$0] ?? []).filter(isMember.contains) }
        let idle = members.filter { loads[$0] == 0 }
        return idle.count > partitions.count
            ? givePartitions(to: idle, keeping: held) : giveMembers(keeping: held)
    }

    // MARK: More members than partitions

    /// Each of these members gets one partition; partitions have as many of them, give or take one.
    private func givePartitions(to idle: [Int], keeping held: [[Int]]) -> [(Int, Int)] {
        let isIdle = Set(idle)
        let claims = held.map { $0.filter(isIdle.contains) }
        let quotas = Self.quotas(
            of: idle.count, over: partitions.map { _ in 0 }, favouring: claims.map(\.count))
        var rooms = quotas
        var isPlaced: Set<Int> = []
        var rows: [(Int, Int)] = []
        // Who had several keeps the one that the fewest others want.
        for place in partitions.indices.sorted(by: {
            (claims[$0].count, $0) < (claims[$1].count, $1)
        }) {
            for member in claims[place] where rooms[place] > 0 {
                guard isPlaced.insert(member).inserted else { continue }
                rooms[place] -= 1
                rows.append((member, place))
            }
        }
        var place = 0
        for member in idle where !isPlaced.contains(member) {
            while rooms[place] == 0 { place += 1 }
            rooms[place] -= 1
            rows.append((member, place))
        }
        return rows
    }

    // MARK: More partitions than members

    /// Each partition goes to one member; members have as many in all, as far as other circles
    /// allow.
    private func giveMembers(keeping held: [[Int]]) -> [(Int, Int)] {
        var claimCounts: [Int: Int] = [:]
        for members in held { for member in members { claimCounts[member, default: 0] += 1 } }
        let quotas = Self.quotas(
            of: partitions.count, over: members.map { loads[$0] },
            favouring: members.map { claimCounts[$0] ?? 0 })
        var rooms = Dictionary(uniqueKeysWithValues: zip(members, quotas))
        var rows: [(Int, Int)] = []
        var left: [Int] = []
        for place in partitions.indices {
            // Of several that had it, the one with the most room keeps it.
            let keeper = held[place].max { (rooms[$0] ?? 0, $1) < (rooms[$1] ?? 0, $0) }
            if let keeper, let room = rooms[keeper], room > 0 {
                rooms[keeper] = room - 1
                rows.append((keeper, place))
            } else {
                left.append(place)
            }
        }
        // The rest goes around among those with room.
        var turn = 0
        for place in left {
            while rooms[members[turn]] == 0 { turn = (turn + 1) % members.count }
            rooms[members[turn], default: 0] -= 1
            rows.append((members[turn], place))
            turn = (turn + 1) % members.count
        }
        return rows
    }

    // MARK: Quotas

    /// Shares `count` pieces out so that levels come out as even as can be; pieces that make no
    /// whole round go to those with the most claims.
    /// - Parameter levels: what each has already.
    private static func quotas(of count: Int, over levels: [Int], favouring claims: [Int]) -> [Int]
    {
        let order = levels.indices.sorted { (levels[$0], $0) < (levels[$1], $1) }
        // So many of the lowest come to one level; the others are above it and get nothing.
        var (width, sum) = (0, 0)
        for place in order {
            guard width == 0 || levels[place] * width - sum < count else { break }
            (width, sum) = (width + 1, sum + levels[place])
        }
        let (level, rest) = (count + sum).quotientAndRemainder(dividingBy: max(1, width))
        var quotas = [Int](repeating: 0, count: levels.count)
        for place in order.prefix(width) { quotas[place] = level - levels[place] }
        let favoured = order.prefix(width).sorted {
            (claims[$1] - quotas[$1], $0) < (claims[$0] - quotas[$0], $1)
        }
        for place in favoured.prefix(rest) { quotas[place] += 1 }
        return quotas
    }
}
