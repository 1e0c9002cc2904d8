public import VarveBroker
internal import VarveLog
public import VarveSim
internal import VarveSystem
internal import VarveTerms
public import VarveTransport

/// A broker without threads, files, sockets or time: the same calls give the same history.
///
/// It does something only while a call of this class runs. Connections are pipes in memory, the
/// data lies on a `SimulatedDisk`, and the clock stands until it is moved.
///
/// *Invariants*: each life has a disk object of its own, so that one that was looked at before a
/// kill stays as it was.
/// *Threads*: one; not `Sendable`.
public final class SimulatedBroker {
    public let settings: BrokerSettings
    public let clock: SimulatedClock
    public let network: MemoryNetwork
    /// What can be made to go wrong.
    public let faults: BrokerFaults
    /// What the data lies on. Another object after each end of a life.
    public private(set) var disk: SimulatedDisk
    var life: BrokerLife?
    /// Ends each turn in the broker's place, in this life and those that follow: before and after
    /// it calls what it is given, it may do to the broker what no correct one does. For tests of
    /// tests.
    package var endTurn: ((Broker, () -> Void) -> Void)? {
        didSet { life?.gate.endTurn = endTurn }
    }
    var clients: [FrameClient] = []
    private let randomness: SeededRandomness
    /// Another one after each power cut.
    private var bootCount: UInt64 = 1

    /// Starts a broker.
    ///
    /// - Parameters:
    ///   - properties: names and values as in `server.properties`. Without a word it listens on
    ///     port 9092 of its own network and keeps its data in `/data` of its own disk.
    ///   - disk: with the data of an earlier broker; an empty one unless given. The clock is the
    ///     disk's.
    ///   - seed: what is random depends on it alone.
    /// - Throws: `.settings`, `.broker`, `.transport`.
    public init(
        _ properties: [String: String] = [:], disk: SimulatedDisk = SimulatedDisk(),
        network: MemoryNetwork = MemoryNetwork(), seed: UInt64 = 1
    ) throws(TestBrokerError) {
        settings = try TestProperties.settings(
            properties,
            over: ["listeners": "PLAINTEXT://127.0.0.1:9092", "log.dirs": "/data"])
        self.disk = disk
        clock = disk.clock
        self.network = network
        randomness = SeededRandomness(seed: seed)
        faults = BrokerFaults(disk)
        try start()
    }

    public var isRunning: Bool { life != nil }

    /// The broker of this life; nil while there is none.
    public var broker: Broker? { life?.broker }

    /// The event loop of this life; nil while there is none.
    public var loop: EventLoop? { life?.loop }

    // MARK: Lives

    /// Starts a broker that was stopped, killed or without power, on the disk as it is now. Does
    /// nothing while it runs.
    /// - Throws: `.broker` when what lies on the disk, or a fault, keeps it from starting.
    public func start() throws(TestBrokerError) {
        guard life == nil else { return }
        var listeners: [any Listener] = []
        do throws(TransportError) {
            for listener in settings.listeners {
                let endpoint = Endpoint(host: listener.host, port: listener.port)
                listeners += try network.listen(on: endpoint)
            }
        } catch {
            for listener in listeners { listener.close() }
            throw .transport(error)
        }
        let surroundings = Surroundings(
            fileSystem: disk, clock: clock, randomness: randomness, processID: 1,
            bootID: UniqueID(high: 1, low: bootCount))
        life = try LifePlan(
            settings: settings, endpoints: settings.advertised, listeners: listeners,
            network: network, surroundings: surroundings, faults: faults
        ).begin()
        life?.gate.endTurn = endTurn
    }

    /// Ends the broker in order: requests in flight are answered, everything is flushed and closed.
    /// - Throws: `.broker` when closing fails; it is down all the same.
    public func stop() throws(TestBrokerError) {
        guard let life else { return }
        life.beginToStop()
        run(atMost: .seconds(20)) { life.loop.hasEnded }
        self.life = nil
        defer { move(to: disk.processDeath()) }
        try life.close()
    }

    /// Ends the broker as `kill -9` does: nothing is flushed or closed, and nothing that was
    /// written is lost.
    public func kill() {
        life = nil
        move(to: disk.processDeath())
    }

    /// Ends the broker as a power cut does: of what was not flushed only `selection` is left.
    ///
    /// - Parameters:
    ///   - selection: which of the changes that were not flushed reached the disk all the same.
    ///   - tear: what becomes of the last write that was kept; nil leaves it whole.
    public func cutPower(keeping selection: AtomSelection = .none, tearing tear: Tear? = nil) {
        life = nil
        bootCount += 1
        move(to: disk.crash(keeping: selection, tearing: tear))
    }

    private func move(to disk: SimulatedDisk) {
        self.disk = disk
        faults.move(to: disk)
    }
}
