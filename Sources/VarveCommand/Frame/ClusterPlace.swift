internal import VarveClient
internal import VarveLinux
internal import VarveLog
internal import VarveSockets
internal import VarveTerms
internal import VarveTransport
internal import VarveWire

/// The options by which commands name a running broker.
enum ClusterPlace {
    static let bootstrap = Parameter(
        "bootstrap", .endpoints, standard: [Endpoint(host: "localhost", port: 9092)],
        "a broker of the cluster, or several with commas")
    static let timeout = Parameter(
        "timeout", .duration, standard: .seconds(30),
        "how long to try when brokers are away or leaders move")

    static let options: [any CommandOption] = [bootstrap, timeout]

    /// The ends that any of these commands may come to.
    static let exitCodes: [ExitCode] = [.unusable, .failed, .refused]
}

extension Invocation {
    /// A client of the cluster that the command line names. Nothing is connected to yet.
    /// - Parameter interruption: what Ctrl-C ends.
    func makeClient(
        interrupting interruption: WaitingNetwork.Interruption = .everyWait
    ) -> Client {
        var settings = ClientSettings()
        settings.patience = arguments[ClusterPlace.timeout]
        settings.connectPatience = min(settings.connectPatience, settings.patience)
        let sockets = SocketNetwork(clock: surroundings.clock)
        let network = WaitingNetwork(
            sockets, clock: surroundings.clock,
            resolve: { endpoint throws(TransportError) in try sockets.addresses(of: endpoint) },
            interrupting: interruption, isStopping: { LinuxProcess.stopSignal != nil })
        return Client(arguments[ClusterPlace.bootstrap], through: network, settings: settings)
    }
}

/// Runs `body` and turns the client's error into the command's.
@inline(__always)
func cluster<Value>(_ body: () throws(ClientError) -> Value) throws(CommandError) -> Value {
    do { return try body() } catch { throw CommandError(error) }
}

extension CommandError {
    init(_ error: ClientError) {
        switch error {
        case .stopped: self = .stopped(signal: LinuxProcess.stopSignal ?? 2, nil)
        default: self = .ended(error.exitCode, "\(error)")
        }
    }
}

extension ClientError {
    var exitCode: ExitCode {
        switch self {
        case .unreachable, .absent: .unusable
        case .lost, .malformed, .unsupported, .leaderless: .failed
        case .unspeakable: .usage
        case .records: .corrupt
        case .stopped: .interrupted
        case .refused(let code, _, _): code.exitCode
        }
    }
}

extension ErrorCode {
    /// What is not there, or not allowed, cannot be used; the rest is refused.
    fileprivate var exitCode: ExitCode {
        switch self {
        case .unknownTopicOrPartition, .unknownTopicId, .groupIdNotFound, .transactionalIdNotFound,
            .brokerNotAvailable,
            .topicAuthorizationFailed, .groupAuthorizationFailed, .clusterAuthorizationFailed:
            .unusable
        case .unknownServerError, .kafkaStorageError: .failed
        default: .refused
        }
    }
}

extension ValueKind<[Endpoint]> {
    static var endpoints: Self {
        Self(
            placeholder: "HOST:PORT",
            allowed:
                "a host and a port, as in localhost:9092 or [::1]:9092, or several with commas",
            parse: { text in
                let parts = text.split(separator: ",", omittingEmptySubsequences: false)
                let endpoints = parts.compactMap { Self.endpoint($0) }
                return endpoints.count == parts.count && !parts.isEmpty ? endpoints : nil
            }, show: { $0.map(\.description).joined(separator: ",") })
    }

    private static func endpoint(_ text: Substring) -> Endpoint? {
        guard let colon = text.lastIndex(of: ":"),
            let port = WholeNumber.parse(text[text.index(after: colon)...]),
            let port = UInt16(exactly: port), port > 0
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        return host.isEmpty ? nil : Endpoint(host: String(host), port: port)
    }
}

/// A property with its value, as options name them: `NAME=VALUE`.
struct NamedValue: Sendable {
    var name: String
    var value: String
}

extension ValueKind<NamedValue> {
    static var namedValue: Self {
        Self(
            placeholder: "NAME=VALUE", allowed: "a property's name, '=', and its value",
            parse: { text in
                guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                    return nil
                }
                return NamedValue(
                    name: String(text[..<equals]), value: String(text[text.index(after: equals)...])
                )
            }, show: { "\($0.name)=\($0.value)" })
    }
}
