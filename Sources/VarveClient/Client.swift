internal import VarveSystem
internal import VarveTerms
public import VarveTransport
internal import VarveWire

/// A client of a cluster that speaks Kafka's protocol: Varve's, or Apache Kafka's. Its calls wait
/// for their answers.
///
/// It knows one thing of the cluster between calls, where the brokers are, and asks again where
/// that turns out to be wrong. Nothing that a broker says is believed before it is checked.
///
/// *Threads*: one owner.
public final class Client {
    public let settings: ClientSettings
    let network: any ClientNetwork
    private let bootstrap: [Endpoint]
    /// What was last heard of the cluster.
    private(set) var layout = ClusterLayout()
    private var connections: [Endpoint: BrokerConnection] = [:]
    /// The broker that answered last.
    private var nearest: Endpoint?

    /// Who is to answer.
    public enum Target: Hashable, Sendable {
        case anyone
        /// The broker that the cluster calls its controller; any, where it names none.
        case controller
        case broker(Int32)
    }

    /// Nothing is connected to yet.
    /// - Precondition: there is at least one endpoint.
    public init(
        _ bootstrap: [Endpoint], through network: any ClientNetwork,
        settings: ClientSettings = ClientSettings()
    ) {
        precondition(!bootstrap.isEmpty, "a client needs a place to begin at")
        (self.bootstrap, self.network, self.settings) = (bootstrap, network, settings)
    }

    /// Ends all connections; the next question begins new ones.
    public func close() {
        for connection in connections.values { connection.close() }
        connections = [:]
    }

    /// The moment until which a question that is asked now may take.
    func deadline() -> Instant { network.clock.now().advanced(by: settings.patience) }

    // MARK: Asking

    /// Asks once, and waits for the answer.
    /// - Throws: `ClientError`; the codes inside of the answer are the caller's affair.
    public func ask<Q: Question>(
        _ question: Q, of target: Target = .anyone
    ) throws(ClientError) -> Q.Answer {
        try ask(question, of: target, until: deadline())
    }

    func ask<Q: Question>(
        _ question: Q, of target: Target, until deadline: Instant
    ) throws(ClientError) -> Q.Answer {
        try connection(to: target, until: deadline).ask(question, until: deadline)
    }

    /// What became of one attempt at something that may have to be tried again.
    enum Attempt<Value> {
        case done(Value)
        /// A code that may be gone the next time.
        case again(ErrorCode)
    }

    /// Tries until it is done, as long as what goes wrong is of a kind that passes: a leader that
    /// moved, a broker that went away. Where the brokers are is asked anew each time.
    ///
    /// - Parameter losses: whether a request may be asked again whose answer was lost.
    /// - Throws: `.leaderless` with the last code once the patience has run out, and any error that
    ///   does not pass.
    func patiently<Value>(
        _ subject: @autoclosure () -> String, losses: Losses = .askAgain,
        _ attempt: (Instant) throws(ClientError) -> Attempt<Value>
    ) throws(ClientError) -> Value {
        var retry = Retry(self)
        while true {
            do throws(ClientError) {
                switch try attempt(retry.deadline) {
                case .done(let value): return value
                case .again(let code):
                    guard try retry.rest() else {
                        throw ClientError.leaderless(subject: subject(), code)
                    }
                }
            } catch {
                guard error.passes(losses), try retry.rest() else { throw error }
            }
            forgetLayout()
        }
    }

    /// What an answer that was lost means for the question.
    enum Losses { case askAgain, giveUp }

    // MARK: Where brokers are

    /// Asks for the layout of `topics`, of all of them when nil, and remembers it.
    @discardableResult
    public func refresh(topics: [String]?) throws(ClientError) -> ClusterLayout {
        try refresh(topics: topics, until: deadline())
    }

    @discardableResult
    func refresh(
        topics: [String]?, until deadline: Instant
    ) throws(ClientError) -> ClusterLayout {
        let request = MetadataRequest(
            topics: topics.map { $0.map { .init(name: $0) } }, allowAutoTopicCreation: false)
        let answer = try ask(request, of: .anyone, until: deadline)
        guard answer.errorCode == .none else {
            throw .refused(answer.errorCode, subject: "cluster", message: nil)
        }
        layout = ClusterLayout(answer)
        return layout
    }

    /// The next question asks first where the brokers are.
    func forgetLayout() { layout.brokers = [:] }

    func connection(
        to target: Target, until deadline: Instant
    ) throws(ClientError) -> BrokerConnection {
        let wanted: Int32?
        switch target {
        case .anyone: return try anyConnection(until: deadline)
        case .controller:
            try learnBrokers(until: deadline)
            wanted = layout.controller
        case .broker(let id):
            try learnBrokers(until: deadline)
            wanted = id
        }
        guard let wanted, let endpoint = layout.brokers[wanted] else {
            guard target == .controller else {
                throw .refused(.brokerNotAvailable, subject: "broker \(wanted ?? -1)", message: nil)
            }
            return try anyConnection(until: deadline)
        }
        do throws(ClientError) {
            return try connection(at: endpoint, until: deadline)
        } catch {
            guard case .unreachable(_, let failure) = error else { throw error }
            throw .absent(wanted, endpoint, failure)
        }
    }

    private func learnBrokers(until deadline: Instant) throws(ClientError) {
        if layout.brokers.isEmpty { try refresh(topics: [], until: deadline) }
    }

    private func anyConnection(until deadline: Instant) throws(ClientError) -> BrokerConnection {
        let known = layout.brokers.sorted { $0.key < $1.key }.map(\.value)
        var places = nearest.map { [$0] } ?? []
        places += bootstrap + known
        var first: SocketFailure?
        var tried: [Endpoint] = []
        for place in places where !tried.contains(place) {
            tried.append(place)
            do throws(ClientError) {
                let connection = try connection(at: place, until: deadline)
                nearest = place
                return connection
            } catch {
                guard case .unreachable(_, let failure) = error else { throw error }
                first = first ?? failure
            }
        }
        throw .unreachable(tried, first ?? .timedOut)
    }

    /// The connection to a broker, a new one where there is none that can be used.
    private func connection(
        at endpoint: Endpoint, until deadline: Instant
    ) throws(ClientError) -> BrokerConnection {
        if let open = connections[endpoint], !open.isClosed { return open }
        let limit = min(deadline, network.clock.now().advanced(by: settings.connectPatience))
        let socket: any ClientSocket
        do throws(SocketFailure) {
            socket = try network.connect(to: endpoint, until: limit)
        } catch {
            throw error == .stopped ? .stopped : .unreachable([endpoint], error)
        }
        let connection = try BrokerConnection(socket, to: endpoint, settings, until: deadline)
        connections[endpoint] = connection
        return connection
    }
}

/// Rests between attempts, up to a deadline.
struct Retry {
    let deadline: Instant
    private let network: any ClientNetwork
    private var pause: Duration
    private let pauseMax: Duration

    init(_ client: Client) {
        network = client.network
        deadline = client.deadline()
        (pause, pauseMax) = (client.settings.retryPause, client.settings.retryPauseMax)
    }

    /// Rests before the next attempt.
    /// - Returns: false, at once, when none would begin before the deadline.
    mutating func rest() throws(ClientError) -> Bool {
        guard network.clock.now().advanced(by: pause) < deadline else { return false }
        do throws(SocketFailure) {
            try network.rest(for: pause)
        } catch {
            throw .stopped
        }
        pause = min(pause * 2, pauseMax)
        return true
    }
}

extension ErrorCode {
    /// Whether asking again, after a look at where the brokers are, may help.
    var isPassing: Bool { isRetriable && self != .unknownTopicOrPartition }
}

extension ClientError {
    /// Whether asking again may help: the broker that was lost may have a successor.
    func passes(_ losses: Client.Losses) -> Bool {
        switch self {
        case .lost: losses == .askAgain
        case .absent: true
        case .refused(let code, _, _): code.isPassing
        case .unreachable, .malformed, .unsupported, .unspeakable, .leaderless, .records, .stopped:
            false
        }
    }
}
