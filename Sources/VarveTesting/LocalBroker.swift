internal import Varve
public import VarveBroker
internal import VarveLinux
internal import VarveLog
public import VarveSim
internal import VarveSockets
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// A broker inside the process of a test, on a port of 127.0.0.1, for any client of Apache Kafka.
///
/// It runs in a thread of its own and is ready when `init` returns. When the last reference goes it
/// is killed, and a temporary folder removed; `stop` ends it in order.
///
/// *Invariants*: the port stays the same through all lives, so that clients find it again.
public actor LocalBroker {
    /// What the data lies on.
    public enum Storage: Hashable, Sendable {
        /// A simulated disk, which takes faults and power cuts, and is gone with the broker.
        case memory
        /// `log.dirs` of the properties; without a word a temporary folder, gone with the broker.
        case realDisk
    }

    /// What moves the broker's clock.
    public enum Time: Hashable, Sendable {
        case real
        /// `advance` alone, from the present on. Timers of clients go on by the real one.
        case advancedByTest
    }

    public nonisolated let settings: BrokerSettings
    public nonisolated let port: UInt16
    /// What can be made to go wrong.
    public nonisolated let faults: BrokerFaults

    private let network: SocketNetwork
    private var surroundings: Surroundings
    private var thread: BrokerThread?
    private let simulatedClock: SimulatedClock?
    private var memory: SimulatedDisk?
    private let temporaryFolder: String?

    /// What clients call `bootstrap.servers`: `127.0.0.1:43210`.
    public nonisolated var address: String { "127.0.0.1:\(port)" }

    /// Starts a broker.
    ///
    /// - Parameter properties: names and values as in `server.properties`. `listeners` is the
    ///   broker's own affair.
    /// - Throws: `.settings`, `.broker`, `.transport`, `.noThread`.
    public init(
        _ properties: [String: String] = [:], storage: Storage = .memory, time: Time = .real
    ) async throws(TestBrokerError) {
        var surroundings = Surroundings.linux
        let clock = SimulatedClock(wallClock: surroundings.clock.wallClock())
        if time == .advancedByTest { surroundings.clock = clock }
        // Deadlines are the loop's: what waits for one must tell the time by the same clock.
        network = SocketNetwork(clock: surroundings.clock)
        let listeners = try Self.listen(on: 0, network)
        port = listeners[0].address.port
        var folder: String?
        switch storage {
        case .memory:
            let disk = SimulatedDisk(clock: clock)
            surroundings.fileSystem = disk
            memory = disk
            faults = BrokerFaults(disk)
        case .realDisk:
            faults = BrokerFaults(nil)
            if properties["log.dirs"] == nil, properties["log.dir"] == nil {
                let id = surroundings.randomness.uniqueID()
                folder = "/tmp/varve-testing-\(LinuxProcess.processID)-\(id)"
            }
        }
        temporaryFolder = folder
        simulatedClock = time == .advancedByTest ? clock : nil
        self.surroundings = surroundings
        let place = "PLAINTEXT://127.0.0.1:\(port)"
        var given = properties
        given["listeners"] = place
        given["advertised.listeners"] = nil
        settings = try TestProperties.settings(given, over: ["log.dirs": folder ?? "/data"])
        try await begin(listeners)
    }

    deinit {
        let folder = temporaryFolder
        let tidy = { @Sendable () -> Void in
            // A folder that cannot be removed is the system's to clear away.
            if let folder { try? DataDirectory.remove(folder, in: LinuxFileSystem()) }
        }
        guard let thread else { return tidy() }
        thread.abandon(then: tidy)
    }

    private static func listen(
        on port: UInt16, _ network: SocketNetwork
    ) throws(TestBrokerError) -> [any Listener] {
        do throws(TransportError) {
            return try network.listen(on: Endpoint(host: "127.0.0.1", port: port))
        } catch {
            throw .transport(error)
        }
    }

    private func begin(_ listeners: [any Listener]) async throws(TestBrokerError) {
        thread = try await BrokerThread.start(
            LifePlan(
                settings: settings, endpoints: settings.advertised, listeners: listeners,
                network: network, surroundings: surroundings, faults: faults,
                flushes: BesideFlushes(by: FlushThread())))
    }

    // MARK: Lives

    public var isRunning: Bool { thread != nil }

    /// How often the broker has woken in this life; one that has nothing to do sleeps.
    package var turnCount: Int { thread?.turnCount ?? 0 }

    /// What the data lies on, in this life; nil for a real disk.
    public var disk: SimulatedDisk? { memory }

    /// Starts a broker that was stopped, killed or without power, on the same port and data. Does
    /// nothing while it runs.
    /// - Throws: `.broker` when the data, or a fault, keeps it from starting; `.transport` when
    ///   somebody took the port meanwhile.
    public func start() async throws(TestBrokerError) {
        guard thread == nil else { return }
        try await begin(try Self.listen(on: port, network))
    }

    /// Ends the broker in order: requests in flight are answered, everything is flushed and closed.
    /// - Throws: `.broker` when closing fails; it is down all the same.
    public func stop() async throws(TestBrokerError) {
        guard let thread else { return }
        self.thread = nil
        do throws(TestBrokerError) {
            try await thread.stop()
        } catch {
            move(to: memory?.processDeath())
            throw error
        }
        move(to: memory?.processDeath())
    }

    /// Ends the broker as `kill -9` between two requests does: nothing is flushed or closed, and
    /// nothing that was written is lost.
    public func kill() async {
        await end()
        move(to: memory?.processDeath())
    }

    /// Ends the broker as a power cut does: of what was not flushed only `selection` is left.
    /// - Precondition: the data is in memory.
    public func cutPower(keeping selection: AtomSelection = .none) async {
        precondition(memory != nil, "the power of a real disk cannot be cut")
        await end()
        surroundings.bootID = surroundings.randomness.uniqueID()
        move(to: memory?.crash(keeping: selection))
    }

    private func end() async {
        let thread = thread
        self.thread = nil
        await thread?.kill()
    }

    private func move(to disk: SimulatedDisk?) {
        guard let disk else { return }
        memory = disk
        surroundings.fileSystem = disk
        faults.move(to: disk)
    }

    // MARK: Time and requests

    /// Lets the broker's clock pass at once.
    /// - Precondition: the test moves the clock.
    public func advance(by duration: Duration) {
        guard let simulatedClock else { preconditionFailure("the real clock moves itself") }
        simulatedClock.advance(by: duration)
        thread?.wake()
    }

    /// Sends a frame on a connection of its own, and waits for the reply.
    /// - Throws: `.closed`, `.noAnswer` after `duration` of real time, `.transport`.
    public nonisolated func ask(
        _ frame: [UInt8], atMost duration: Duration = .seconds(10)
    ) async throws(TestBrokerError) -> [UInt8] {
        let address = SocketAddress(.loopback, port: port)
        return try await SocketQuestion(address: address, frame: frame, patience: duration)
            .reply()
    }

    /// Appends records as one batch, acknowledged by all replicas. The topic is made if it is not
    /// there.
    /// - Throws: `.refused` with the broker's code; as `ask`.
    public func append(
        _ records: [TestRecord], to topic: String, partition: Int32 = 0
    ) async throws(TestBrokerError) {
        let metadata = try await ask(try Conversation.metadata(of: topic))
        try Conversation.checkMetadata(metadata)
        let frame = try Conversation.produce(
            records, to: topic, partition, at: surroundings.clock.wallClock())
        try Conversation.checkProduce(try await ask(frame))
    }

    /// All records of a partition, in order.
    /// - Throws: `.refused` with the broker's code; as `ask`.
    public nonisolated func records(
        of topic: String, partition: Int32 = 0
    ) async throws(TestBrokerError) -> [TestRecord] {
        var records: [TestRecord] = []
        let start = try await ask(try Conversation.start(of: topic, partition))
        var next: Int64? = try Conversation.start(start)
        while let offset = next {
            let reply = try await ask(try Conversation.fetch(topic, partition, from: offset))
            next = try Conversation.take(reply, from: offset, into: &records)
        }
        return records
    }
}
