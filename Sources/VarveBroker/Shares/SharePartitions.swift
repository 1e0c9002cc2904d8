internal import VarveGroups
internal import VarveLog
internal import VarveShares
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// Share partitions at work.
extension Broker {
    /// Hands a share partition to `body`, and writes what it decides.
    /// - Parameter topic: the partition whose records it shares out.
    func withSharePartition<Answer>(
        _ key: SharePartitionKey, of topic: Partition, _ work: inout ShareWork,
        _ body: (inout SharePartition) throws(ShareRefusal) -> Answer
    ) throws(ShareTrouble) -> Answer {
        var partition = try takeSharePartition(key, of: topic, &work)
        partition.moveStart(to: topic.reader.startOffset)
        let outcome: Result<Answer, ShareRefusal>
        do throws(ShareRefusal) {
            outcome = .success(try body(&partition))
        } catch {
            outcome = .failure(error)
        }
        try put(partition, key, of: topic, &work)
        switch outcome {
        case .success(let answer): return answer
        case .failure(let refusal): throw .refused(refusal)
        }
    }

    /// A share partition, taken out so that it is changed in place.
    private func takeSharePartition(
        _ key: SharePartitionKey, of topic: Partition, _ work: inout ShareWork
    ) throws(ShareTrouble) -> SharePartition {
        let configs = shareConfigs(of: key.group)
        if var known = shares.partitions.removeValue(forKey: key) {
            known.limits = configs.limits
            if let log = statePartition(of: key, at: work.wallClock) { work.logs.append(log) }
            return known
        }
        let now = work.wallClock
        let state: ShareState
        do throws(ShareTrouble) {
            state = try withShareStates(of: key, &work) { states, records throws(ShareRefusal) in
                try states.read(
                    key, leaderEpoch: topic.leaderEpoch, at: now, into: &records)
            }
        } catch {
            if case .refused(let refusal) = error, refusal.error == .invalidRequest {
                throw .noState
            }
            throw error
        }
        if let known = SharePartition(state, limits: configs.limits) { return known }
        return SharePartition(
            start: try firstOffset(configs.initialPosition, of: topic, at: now),
            stateEpoch: state.stateEpoch, limits: configs.limits)
    }

    private func firstOffset(
        _ position: InitialPosition, of topic: Partition, at now: Timestamp
    ) throws(ShareTrouble) -> Offset {
        switch position {
        case .earliest: return topic.reader.startOffset
        case .latest: return topic.highWatermark
        case .youngerThan(let span):
            let (time, overflow) = now.milliseconds.subtractingReportingOverflow(span)
            guard !overflow else { return topic.reader.startOffset }
            do throws(LogError) {
                let found = try topic.reader.offset(for: Timestamp(milliseconds: max(0, time)))
                return found?.offset ?? topic.highWatermark
            } catch {
                throw .storage
            }
        }
    }

    /// Puts a share partition back, after what must last of its changes was written.
    private func put(
        _ changed: consuming SharePartition, _ key: SharePartitionKey, of topic: Partition,
        _ work: inout ShareWork
    ) throws(ShareTrouble) {
        var partition = changed
        if let update = partition.takeUpdate() {
            let epochs = (state: partition.stateEpoch, leader: topic.leaderEpoch)
            let now = work.wallClock
            do throws(ShareTrouble) {
                try withShareStates(of: key, &work) { states, records throws(ShareRefusal) in
                    try states.write(
                        update, to: key, stateEpoch: epochs.state, leaderEpoch: epochs.leader,
                        at: now, into: &records)
                }
            } catch {
                shares.forget(key)
                throw error
            }
        }
        shares.keep(partition, key, now: work.now)
    }

    /// Gives back what a member has of partitions that somebody uses.
    func release(
        _ partitions: [TopicPartition], from session: ShareSessionKey, _ work: inout ShareWork
    ) {
        endShareFetches(of: session)
        for place in partitions {
            let key = SharePartitionKey(
                group: session.group, topicID: place.topicID, partition: place.index)
            guard shares.partitions[key] != nil,
                let topic = self.partitions[place.topicID, place.index]
            else { continue }
            // What cannot be written is forgotten, and with it who had what.
            _ = try? withSharePartition(key, of: topic, &work) { $0.release(from: session.member) }
        }
    }

    // MARK: Time

    /// Does what is due: locks and sessions end, and those are answered who waited for that.
    func expireShares(_ now: Instant, on loop: EventLoop) {
        let isDue = shares.nextDeadline.map { $0 <= now } ?? false
        guard isDue || !shares.stirred.isEmpty else { return }
        var work = ShareWork(now, clock.wallClock())
        for key in shares.alarms.popDue(at: now) {
            guard let topic = partitions[key.topicID, key.partition],
                shares.partitions[key]?.nextLockEnd != nil
            else {
                shares.forget(key)
                continue
            }
            _ = try? withSharePartition(key, of: topic, &work) { $0.expireLocks(at: now) }
        }
        for index in shares.groups.takeDue(at: now) {
            guard let partition = partitions[GroupHost.topic, index] else { continue }
            let lost = try? withShareGroups(in: partition, &work) { groups, records in
                groups.expire(at: now, into: &records)
            }
            for session in lost ?? [] { endSession(session, &work) }
        }
        pruneShareStates(&work)
        wakeStirredFetches(on: loop)
        for number in shares.fetches.due(at: now) {
            finishShareFetch(number, isDue: true, on: loop)
        }
    }

    /// Ends the session of a member, if it has one, and gives back what it had.
    private func endSession(_ session: ShareSessionKey, _ work: inout ShareWork) {
        guard let partitions = shares.sessions.partitions(of: session) else { return }
        try? shares.sessions.end(session)
        release(partitions, from: session, &work)
    }

    /// A connection is gone, and with it the sessions that it began.
    func endShareSessions(of connection: ConnectionID) {
        shares.fetches.forget(connection)
        guard shares.sessions.count > 0 else { return }
        var work = ShareWork(clock.now(), clock.wallClock())
        for (session, partitions) in shares.sessions.endAll(on: connection) {
            release(partitions, from: session, &work)
        }
    }
}
