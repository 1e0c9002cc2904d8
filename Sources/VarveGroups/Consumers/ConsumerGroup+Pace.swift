import VarveTerms

/// How soon a member is to be heard of again: each answer tells it.
///
/// A member learns of a rebalance with its next heartbeat and not before, so short pauses make
/// rebalances quick, and each heartbeat takes time of the broker. Few members therefore come often,
/// and the more there are the longer each waits, up to the configured interval.
///
/// *Source*: docs/decisions/0012-heartbeat-pace.md.
extension ConsumerGroup {
    /// The pause that each member adds: one heartbeat in so long a time, or 500 a second, is what
    /// all members of a broker come to while they wait less than the configured interval. At 20 us
    /// of the processor each, that is a hundredth of one core.
    static let pausePerMember = Duration.milliseconds(2)

    /// A member waits for the answer to a heartbeat no longer than until the next one is due
    /// (librdkafka), and then breaks the connection: the pause of a member that is far away is so
    /// many times the way there and back, and half of that while it waits for something.
    static let roundTripCount = 4

    /// How long a member is to wait before its next heartbeat.
    func pause(
        of member: ConsumerMember, _ context: ConsumerContext, _ turn: ConsumerTurn
    ) -> Duration {
        let longest = context.times.heartbeatInterval
        let nearest = context.roundTrip * Self.roundTripCount
        let shortest = min(max(context.times.heartbeatIntervalMin, nearest), longest)
        let count = max(context.memberCount, members.count)
        let steady = min(max(Self.pausePerMember * count, shortest), longest)
        // With Kafka's interval as the shortest, there is nothing to hasten.
        guard shortest < longest else { return steady }
        if epoch > targetEpoch {
            // Nothing happens before the next target may be computed, and then at once.
            return min(steady, max(untilNextTarget(context, turn), shortest / 2))
        }
        switch member.current.state {
        case .stable: return steady
        // It waits for others, or others wait for it: of the two it is the one that can be hurried.
        case .unrevoked, .unreleased, .unknown: return max(steady / 4, shortest / 2)
        }
    }

    private func untilNextTarget(_ context: ConsumerContext, _ turn: ConsumerTurn) -> Duration {
        let age = turn.now.timestamp.milliseconds(since: targetTimestamp)
        return context.times.assignmentInterval - .milliseconds(max(age, 0))
    }
}
