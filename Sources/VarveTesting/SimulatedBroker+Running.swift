internal import VarveBroker
public import VarveSim
internal import VarveTransport
public import VarveWire

/// What came of a request.
public enum BrokerReply: Hashable, Sendable {
    /// A frame, without its size.
    case frame([UInt8])
    /// The connection was closed instead.
    case closed
    /// Neither came in the time given.
    case nothing
}

// Turns, time, and requests.
extension SimulatedBroker {
    /// How far time moves between looks.
    private static let step = Duration.milliseconds(10)

    /// Opens a connection to the first listener, or to that of `port`. It takes part in every turn
    /// until it is closed.
    /// - Throws: `.isDown` when nobody listens.
    public func connect(port: UInt16? = nil) throws(TestBrokerError) -> FrameClient {
        let address = SocketAddress(.loopback, port: port ?? settings.listeners[0].port)
        do throws(TransportError) {
            let client = FrameClient(try network.connect(to: address))
            clients.append(client)
            return client
        } catch {
            throw .isDown
        }
    }

    /// Has every connection send and read once, and the broker do all that is ready and due.
    public func turn() {
        clients.removeAll { $0.isClosed }
        for client in clients { client.turn() }
        life?.loop.turn(.notAtAll)
    }

    /// Takes turns until `isDone` holds. Time passes in steps of 10 ms while nobody is sending.
    /// - Returns: whether it held before `duration` had passed.
    @discardableResult
    public func run(atMost duration: Duration, until isDone: () -> Bool) -> Bool {
        var left = duration
        while true {
            let unsent = unsentSize
            for _ in 0..<4 { turn() }
            for client in clients { client.turn() }
            if isDone() { return true }
            // Large frames take several turns, for which no time has to pass.
            if unsentSize > 0, unsentSize < unsent { continue }
            guard left > .zero else { return false }
            clock.advance(by: Self.step)
            left -= Self.step
        }
    }

    private var unsentSize: Int { clients.reduce(0) { $0 + $1.unsentSize } }

    /// Lets time pass at once, and has everything done that became due.
    public func advance(by duration: Duration) {
        clock.advance(by: duration)
        run(atMost: .zero) { false }
    }

    // MARK: Requests

    /// Sends a frame on a connection of its own.
    /// - Parameter duration: how long to wait for the reply, by the simulated clock.
    /// - Throws: `.isDown`.
    public func ask(
        _ frame: [UInt8], atMost duration: Duration = .seconds(1)
    ) throws(TestBrokerError) -> BrokerReply {
        let client = try connect()
        defer { client.close() }
        client.send(frame: frame)
        run(atMost: duration) { !client.frames.isEmpty || client.isOver }
        if let reply = client.frames.first { return .frame(reply) }
        return client.isOver ? .closed : .nothing
    }

    /// Sends a request on a connection of its own, and reads the answer.
    /// - Throws: `.closed`, `.noAnswer`, `.unreadable`, `.isDown`.
    public func ask<Response: WireMessage>(
        _ request: some WireMessage, version: Int16, for response: Response.Type = Response.self,
        atMost duration: Duration = .seconds(1)
    ) throws(TestBrokerError) -> Response {
        let frame = try Conversation.frame(request, version: version)
        return try Conversation.answer(try reply(to: frame, duration), version: version)
    }

    private func reply(
        to frame: [UInt8], _ duration: Duration = .seconds(1)
    ) throws(TestBrokerError) -> [UInt8] {
        switch try ask(frame, atMost: duration) {
        case .frame(let reply): return reply
        case .closed: throw .closed
        case .nothing: throw .noAnswer
        }
    }

    /// Appends records as one batch, acknowledged by all replicas. The topic is made if it is not
    /// there.
    /// - Throws: `.refused` with the broker's code; as `ask`.
    public func append(
        _ records: [TestRecord], to topic: String, partition: Int32 = 0
    ) throws(TestBrokerError) {
        try Conversation.checkMetadata(try reply(to: try Conversation.metadata(of: topic)))
        let frame = try Conversation.produce(
            records, to: topic, partition, at: clock.wallClock())
        try Conversation.checkProduce(try reply(to: frame))
    }

    /// All records of a partition, in order.
    /// - Throws: `.refused` with the broker's code; as `ask`.
    public func records(
        of topic: String, partition: Int32 = 0
    ) throws(TestBrokerError) -> [TestRecord] {
        var records: [TestRecord] = []
        let start = try reply(to: try Conversation.start(of: topic, partition))
        var next: Int64? = try Conversation.start(start)
        while let offset = next {
            let frame = try Conversation.fetch(topic, partition, from: offset)
            next = try Conversation.take(try reply(to: frame), from: offset, into: &records)
        }
        return records
    }
}
