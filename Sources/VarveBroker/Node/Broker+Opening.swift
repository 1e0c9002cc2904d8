internal import VarveLog
internal import VarveMetadata
internal import VarveSystem
internal import VarveTerms
internal import VarveWire

// Logs are opened when they are first used: at the start nothing of them is read.
extension Broker {
    /// A partition of this node; its log is opened if it was not yet.
    ///
    /// - Returns: nil when this node has none such, or its log cannot be opened: `absence` tells
    ///   which. What keeps one closed is told, and tried again in the background.
    func partition(_ topic: String, _ index: Int32) -> Partition? {
        if let open = partitions[topic, index] {
            open.noteUse()
            return open
        }
        guard partitions.isResting(topic, index), let image = image[topic: topic] else {
            return nil
        }
        do throws(BrokerError) {
            try openPartition(index, of: image)
        } catch {
            partitions.addClosed(index, of: image)
            noteLackOfPartitions(of: topic, error)
        }
        partitions[topic, index]?.noteUse()
        return partitions[topic, index]
    }

    func partition(_ id: UniqueID, _ index: Int32) -> Partition? {
        partitions.name(of: id).flatMap { partition($0, index) }
    }

    /// Why there is no partition to work on.
    func absence(of topic: String, _ index: Int32) -> ErrorCode {
        partitions.isClosed(topic, index) ? .kafkaStorageError : .unknownTopicOrPartition
    }

    /// Opens, or makes, the log of a partition.
    ///
    /// A folder of that name may be of an earlier topic: a crash came between the deletion of the
    /// topic and that of its logs, or a topic's logs were made and its records were not. It is put
    /// aside, as Kafka does with strays: its bytes stay, and the new topic begins empty.
    func openPartition(_ index: Int32, of topic: TopicImage) throws(BrokerError) {
        guard let name = LogName(topic: topic.name, partition: index) else { return }
        do throws(LogError) {
            try openLog(name, as: index, of: topic)
        } catch {
            guard error.isOutOfDescriptors else { throw .log(error) }
            // Logs that nobody writes to just now have some to give.
            restIdleLogs()
            try attempt { () throws(LogError) in try openLog(name, as: index, of: topic) }
        }
    }

    /// Makes the logs of new partitions, whose folders share a flush. Where many are open they are
    /// closed again at once: whoever makes thousands of partitions does not write to all of them
    /// next.
    func makePartitions(_ indices: [Int32], of topic: TopicImage) throws(BrokerError) {
        // Where this fails each log makes its own folder, and says what is wrong.
        try? node.makeFolders(of: indices.compactMap { LogName(topic: topic.name, partition: $0) })
        for index in indices {
            try openPartition(index, of: topic)
            guard partitions.openCount > Self.madeCountMax,
                let made = partitions[topic.name, index]
            else { continue }
            putToRest(made)
        }
    }

    /// How many logs may be open for a log that was just made to stay so.
    private static let madeCountMax = 100

    private func openLog(
        _ name: LogName, as index: Int32, of topic: TopicImage
    ) throws(LogError) {
        let settings = logSettings(of: topic.name)
        var log = try node.openLog(name, settings: settings, topicID: topic.id)
        if !log.isOf(topic) {
            try node.setAside(name)
            log = try node.openLog(name, settings: settings, topicID: topic.id)
        }
        // A log that was just made holds descriptors, which whoever writes first takes back.
        log.rest()
        let rules = configs(of: topic.name).rules
        partitions.add(Partition(topic, index: index, log: log, rules: rules))
    }

    // MARK: The start

    /// Takes up every partition that the metadata names; folders of others stay as they are: a
    /// topic that was deleted while the node was away, or a stray.
    ///
    /// Logs with folders are opened with their first use, all but those of coordinators, which go
    /// through theirs whole. Logs without are made.
    func takeUpPartitions() throws(BrokerError) {
        if node.directories.contains(where: \.hasDeletedLogs) {
            upkeep.plan.schedule(.removal, at: clock.now())
        }
        for topic in image.topicsByName {
            for index in topic.partitions.indices {
                try takeUp(Int32(index), of: topic)
            }
        }
    }

    private func takeUp(_ index: Int32, of topic: TopicImage) throws(BrokerError) {
        guard let name = LogName(topic: topic.name, partition: index) else { return }
        do throws(LogError) {
            let place = try node.directory(of: name)
            partitions.addResting(index, of: topic)
            if place == nil, node.failures.isEmpty {
                try openLog(name, as: index, of: topic)
            } else if topic.isInternal || place == nil {
                _ = partition(topic.name, index)
            }
        } catch {
            guard case .logInTwoPlaces = error else { throw .log(error) }
            partitions.addClosed(index, of: topic)
            noteLackOfPartitions(of: topic.name, error)
        }
    }
}

extension Log {
    /// Whether it is a log of this topic. One without an id is of a time before there were any.
    fileprivate func isOf(_ topic: TopicImage) -> Bool { topicID.map { $0 == topic.id } ?? true }
}
