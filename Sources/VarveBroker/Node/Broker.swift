internal import VarveBytes
public import VarveLog
internal import VarveMetadata
internal import VarveSystem
public import VarveTerms
public import VarveTransport
internal import VarveWire

/// One node: the partitions in its data directories, and the answers to its clients.
///
/// Requests of one turn of the event loop are done one after the other; what they wrote is flushed
/// once at the end of the turn, and only then are they answered: one flush for all that came
/// together, in the thread that read them.
///
/// *Invariants*: an answer that says something is durable leaves after the flush that made it so;
/// the metadata log is the only source of truth about topics.
/// *Threads*: owned by its event loop; not `Sendable`.
public final class Broker: FrameService {
    public let settings: BrokerSettings
    let node: NodeDirectories
    let surroundings: Surroundings
    let metadata: MetadataLog
    var partitions = PartitionTable()
    /// Where clients reach this node, by listener.
    var endpoints: [ListenerAddress]
    /// Partitions that were written to in this turn.
    var dirty: [Partition] = []
    /// Why the metadata log could not be flushed in this turn; nil when it could.
    var metadataFailure: LogError?
    /// Topics whose records, or those of a partition, are not flushed.
    var unflushedTopics: Set<String> = []
    /// What is to be done once everything of this turn is flushed.
    var afterFlush: [(EventLoop) -> Void] = []
    /// Which flushes are done beside the loop; nil for none.
    let flushes: BesideFlushes?
    /// What waits for the flush that is done beside the loop now.
    var turnUnderway: WrittenTurn?
    var admission = BatchAdmission()
    var fetches = WaitingFetches()
    var fetchSessions: FetchSessions
    /// In bytes: what one fetch is answered with at most.
    let fetchSizeMax: Int
    var producerIDs = ProducerIDBlock()
    var groups = GroupHost()
    var transactions = TransactionHost()
    var shares: ShareHost
    /// Who is at the other end of each connection.
    var peers: [ConnectionID: Peer] = [:]
    /// How other threads ask for the end.
    public let stop = BrokerStop()
    var isStopping = false
    /// Before this it is not tried again to resume the metadata log.
    var nextMetadataMending: Instant
    /// Background work.
    var upkeep: Upkeep

    /// Opens the data directories and the metadata, and takes the node's place in the cluster.
    /// Nobody is served yet; logs of topics are opened when they are first used.
    ///
    /// - Parameters:
    ///   - flushes: which flushes are done beside the loop, and by whom; nil for none.
    ///   - diagnostics: where it tells of what fails and no client hears of.
    /// - Throws: `BrokerError`; every directory is closed again then.
    public init(
        _ settings: BrokerSettings, endpoints: [ListenerAddress],
        in surroundings: Surroundings, beside flushes: BesideFlushes? = nil,
        telling diagnostics: any Diagnostics = SilentDiagnostics()
    ) throws(BrokerError) {
        self.flushes = flushes
        self.surroundings = surroundings
        self.endpoints = endpoints
        node = try Self.openDirectories(settings, in: surroundings)
        self.settings = try Self.settled(settings, node)
        nextMetadataMending = surroundings.clock.now()
        upkeep = Upkeep(
            UpkeepSettings(), telling: diagnostics, now: surroundings.clock.now())
        metadata = try Self.openMetadata(settings, node, in: surroundings)
        let configs = BrokerConfigs(
            image: metadata.image, node: self.settings.nodeID, started: self.settings.configs)
        // Not made at their first use: what is lazy is copied whole by each change of it.
        fetchSessions = FetchSessions(configs.fetchSessions)
        fetchSizeMax = configs.fetchSizeMax
        shares = ShareHost(
            sessionCountMax: Int(configs.integer("group.share.max.share.sessions") ?? 2000))
        try takeOver()
        takeOverTransactions()
        upkeep.isStale = true
        warnOfAccessControl()
    }

    /// Whoever took a node over that let not everybody in must hear of it.
    private func warnOfAccessControl() {
        let count = image.accessControlCount
        guard count > 0 else { return }
        upkeep.diagnostics.note(
            "access control (entries: \(count)) is kept and not enforced: whoever reaches the "
                + "listeners may do everything")
    }

    var image: ClusterImage { metadata.image }
    var clock: any Clock { surroundings.clock }

    var clusterID: String { node.directories.first?.properties.clusterID ?? "" }

    // MARK: Connections

    public func opened(
        _ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop
    ) -> Admission {
        guard !isStopping else { return .refuse }
        peers[connection] = Peer(
            host: "/\(ends.peer.ip)",
            listener: endpoints.firstIndex { $0.port == ends.local.port } ?? 0,
            roundTrip: ends.roundTrip ?? .zero)
        return .admit
    }

    public func closed(
        _ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop
    ) {
        peers[connection] = nil
        fetches.forget(connection)
        endShareSessions(of: connection)
    }

    public var nextDeadline: Instant? {
        // Background work may have left something for the end of a turn.
        // What waits for the flush beside the loop is told of by its end.
        guard turnUnderway != nil || dirty.isEmpty && afterFlush.isEmpty, !upkeep.isStale else {
            return Instant(nanoseconds: .min)
        }
        var earliest = fetches.nextDeadline
        let others = [
            groups.coordinators.nextDeadline, shares.nextDeadline,
            transactions.coordinators.nextDeadline,
            isStopping ? nil : upkeep.plan.nextDeadline,
        ]
        for moment in others {
            guard let moment else { continue }
            earliest = min(earliest ?? moment, moment)
        }
        return earliest
    }

    public func turnEnded(now: Instant, on loop: EventLoop) {
        if stop.wasAsked, !isStopping { beginToStop(on: loop) }
        expireGroups(now)
        expireTransactions(now)
        expireShares(now, on: loop)
        settle(on: loop)
        expireFetches(now, on: loop)
    }

    public func turnSettled(now: Instant, on loop: EventLoop) { keepHouse(now: now, on: loop) }

    /// Gives the descriptors of logs that were not written to in this turn back.
    func restIdleLogs() {
        for partition in partitions.all where !partition.isDirty { _ = partition.log.rest() }
    }

    // MARK: The end

    private func beginToStop(on loop: EventLoop) {
        isStopping = true
        for number in fetches.all { endFetch(number, on: loop) }
        endShareFetches(on: loop)
        for index in groups.coordinators.indices {
            if let partition = partitions[GroupHost.topic, index] { resign(partition) }
        }
    }

    /// Closes everything: flushed, with checkpoints and the mark of a clean end.
    public func close() throws(BrokerError) {
        saveScrub()
        try attempt { () throws(LogError) in try node.close() }
    }
}

/// Who is at the other end of a connection.
struct Peer {
    /// `/` and the address, as Kafka writes it.
    var host: String
    /// Which of the broker's listeners it reached.
    var listener: Int
    /// How long bytes take there and back; zero where that is not known.
    var roundTrip: Duration
}

/// Runs a call of the engine under the broker's kind of error.
func attempt<Value>(
    _ body: () throws(LogError) -> Value
) throws(BrokerError) -> Value {
    do throws(LogError) {
        return try body()
    } catch {
        throw .log(error)
    }
}
