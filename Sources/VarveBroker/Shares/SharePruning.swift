internal import VarveLog
internal import VarveMetadata
internal import VarveShares
internal import VarveSystem
internal import VarveTerms

/// Keeping the logs of states short, and memory free of those that nobody uses.
extension Broker {
    /// Looks after one of the logs that are due; the others have their turn after this one: clients
    /// are served in between.
    func pruneShareStates(_ work: inout ShareWork) {
        let due = shares.states.takeDue(at: work.now)
        for index in due.dropFirst() {
            guard let waiting = shares.states.take(index) else { continue }
            shares.states.put(waiting, at: index)
        }
        guard let index = due.first, var states = shares.states.take(index),
            let home = partitions[ShareHost.stateTopic, index],
            !states.beginUpkeep(at: work.now)
        else { return }
        shares.states.put(states, at: index)
        let now = work.now
        let wallClock = work.wallClock
        let end = home.log.ends.written
        // What cannot be written now is looked at again with the next round.
        try? withShareStates(in: home, &work) { states, records in
            states.deleteStates(without: { self.image[topic: $0] != nil }, into: &records)
            let isMore = states.snapshotCold(end: end, at: wallClock, into: &records)
            if isMore { states.goOnWithUpkeep(at: now) }
        }
        afterFlush.append { _ in self.cut(home) }
    }

    /// Deletes what no state needs, once everything is flushed that was written in its place.
    private func cut(_ home: Partition) {
        // Without its coordinator it is not known what is needed.
        guard home.flushFailure == nil, let states = shares.states[home.index] else { return }
        do throws(LogError) {
            if home.log.ends.flushed < home.log.ends.written { try home.log.flush() }
            try home.log.deleteRecords(before: states.neededStart(end: home.log.ends.flushed))
        } catch {
            upkeep.note(.retention, failedOn: "\(home.log.name)", error)
            noteStop(error, of: home)
        }
    }

    /// A crash came between the end of topics and that of what share groups did with them.
    func forgetLostTopics(_ ids: Set<UniqueID>) {
        for id in ids where image[topic: id] == nil {
            afterFlush.append { _ in self.forgetShares(of: id, at: self.clock.wallClock()) }
        }
    }
}

extension ShareStateSettings {
    init(_ properties: StaticConfigs) {
        self.init()
        let integer = { (name: String) in properties.integer("share.coordinator." + name) }
        let count = integer("snapshot.update.records.per.snapshot") ?? 500
        updatesPerSnapshot = Int(clamping: count)
        upkeepInterval = .milliseconds(integer("state.topic.prune.interval.ms") ?? 300_000)
        coldAge = .milliseconds(integer("cold.partition.snapshot.interval.ms") ?? 300_000)
    }
}
