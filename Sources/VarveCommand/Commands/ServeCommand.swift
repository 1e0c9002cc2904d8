internal import Varve
internal import VarveBroker
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveSockets
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// `varve serve`: one node that clients of Apache Kafka take for a broker.
enum ServeCommand {
    static let config = OptionalParameter(
        "config", .text("FILE", allowed: "a path"),
        "a server.properties, as Apache Kafka takes it")
    static let set = ListParameter(
        "set", .text("NAME=VALUE", allowed: "a property's name, '=', and its value"),
        "set a property; wins over the file and the environment")
    static let directory = OptionalParameter(
        "directory", .text("DIR", allowed: "a path"), "where the data lives: log.dirs")
    static let listen = OptionalParameter(
        "listen", .text("HOST:PORT", allowed: "a host and a port, as in localhost:9092"),
        "where clients connect: listeners")
    static let ephemeral = Switch(
        "ephemeral", "a port that the system chooses, and a directory that goes at the end")

    static let progress = Switch(
        "progress", "tell on standard error what retention, compaction and scrubs did")

    static let command = Command(
        "serve", "be a broker for clients of Apache Kafka",
        paragraphs: [
            "Without any option it serves localhost:9092 and keeps its data in ./varve-data. "
                + "Topics are made when somebody asks for them. An acknowledgement means that the "
                + "records are on the disk; varve.flush.policy=page-cache acknowledges as Kafka "
                + "does.",
            "Properties may come from the environment as well: VARVE_NUM_PARTITIONS=3, or "
                + "KAFKA_NUM_PARTITIONS=3 as Kafka's images take it, wins over the file.",
            "SIGTERM and Ctrl-C end it in order: requests in flight are answered, everything is "
                + "flushed and closed.",
        ],
        positionals: [], options: [config, set, directory, listen, ephemeral, progress],
        examples: [
            .init("varve serve", "localhost:9092, data in ./varve-data"),
            .init("varve serve --config server.properties", "as Apache Kafka is set up"),
            .init("varve serve --set num.partitions=3", "topics get three partitions"),
        ],
        exitCodes: [.unusable, .failed], run: run)

    @Sendable
    private static func run(_ invocation: Invocation) throws(CommandError) -> ExitCode {
        let began = invocation.console.clock.now()
        let settings = try ServeSettings(invocation, environment: LinuxProcess.environment)
            .broker
        do {
            try serve(settings, invocation, began: began)
        } catch let error as BrokerError {
            throw .ended(error.exitCode, "\(error)")
        } catch let error as TransportError {
            throw .ended(.unusable, "\(error)")
        } catch {
            throw .ended(.failed, "\(error)")
        }
        throw .stopped(signal: LinuxProcess.stopSignal ?? 15, nil)
    }

    private static func serve(
        _ settings: BrokerSettings, _ invocation: Invocation, began: Instant
    ) throws {
        let clock = invocation.surroundings.clock
        let network = SocketNetwork(clock: clock)
        let descriptorsMax = LinuxProcess.raiseDescriptorLimit()
        var listeners: [any Listener] = []
        var endpoints: [ListenerAddress] = []
        for (wanted, told) in zip(settings.listeners, settings.advertised) {
            let opened = try network.listen(
                on: Endpoint(host: wanted.host, port: wanted.port), backlog: 1024)
            listeners += opened
            var endpoint = told
            if told.host.isEmpty { endpoint.host = LinuxProcess.hostName }
            if told.port == 0 { endpoint.port = opened[0].address.port }
            endpoints.append(endpoint)
        }
        let broker = try Broker(
            settings, endpoints: endpoints, in: invocation.surroundings,
            beside: BesideFlushes(by: FlushThread()),
            telling: ConsoleDiagnostics(
                invocation.console, tellsProgress: invocation.arguments[progress]))
        let loop = try EventLoop(
            network: network, clock: clock, service: broker, limits: settings.loopLimits,
            ledger: ServerLedger(limits: settings.serverLimits(descriptorsMax: descriptorsMax)))
        for listener in listeners { try loop.serve(listener) }
        try announce(endpoints, settings, invocation, began: began)
        let (mailbox, stop) = (loop.mailbox, broker.stop)
        _ = LinuxThread.start(name: "varve-stop") {
            while !LinuxProcess.waitForStop(atMost: .seconds(3600)) {}
            stop.ask()
            mailbox.post { $0.drain(until: $0.now.advanced(by: .seconds(10))) }
        }
        loop.run()
        try broker.close()
        if invocation.arguments[ephemeral] {
            let fileSystem = invocation.surroundings.fileSystem
            for path in settings.directories {
                try DataDirectory.remove(path, in: fileSystem)
            }
        }
    }

    private static func announce(
        _ endpoints: [ListenerAddress], _ settings: BrokerSettings, _ invocation: Invocation,
        began: Instant
    ) throws(CommandError) {
        let console = invocation.console
        let took = console.clock.now().duration(since: began)
        let milliseconds =
            took.components.seconds * 1000
            + took.components.attoseconds / 1_000_000_000_000_000
        let places = endpoints.map(\.description)
        if console.isJSON {
            try console.output.line([
                "listeners": .list(places.map { .text($0) }),
                "directories": .list(settings.directories.map { .text($0) }),
                "milliseconds": .number(milliseconds),
            ])
        } else {
            try console.output.line(
                "serving \(places.joined(separator: ", ")), data in "
                    + "\(settings.directories.joined(separator: ", ")), "
                    + "ready after \(milliseconds) ms")
        }
        try console.output.flush()
    }
}

/// The settings that the options of `varve serve` make.
struct ServeSettings {
    let broker: BrokerSettings

    /// Later layers win: the file, the environment, the options.
    init(
        _ invocation: Invocation, environment: [String: String]
    ) throws(CommandError) {
        let arguments = invocation.arguments
        var configs = StaticConfigs()
        do throws(SettingsError) {
            if let path = arguments[ServeCommand.config] {
                let bytes = try Self.bytes(of: path, invocation)
                try configs.add(PropertiesText(parsing: bytes).values)
            }
            try configs.add(EnvironmentProperties(environment).values)
            try configs.add(Self.options(arguments))
            broker = try BrokerSettings(configs)
        } catch {
            throw .ended(.usage, "\(error)")
        }
    }

    private static func bytes(
        of path: String, _ invocation: Invocation
    ) throws(SettingsError) -> [UInt8] {
        do throws(FileError) {
            // Properties are some kilobytes.
            return try invocation.surroundings.bytes(ofFile: path, sizeMax: .mib(1))
        } catch {
            throw .refused(reason: "\(error)")
        }
    }

    private static func options(_ arguments: Arguments) throws(SettingsError) -> [String: String] {
        var values: [String: String] = [:]
        if let directory = arguments[ServeCommand.directory] { values["log.dirs"] = directory }
        if let listen = arguments[ServeCommand.listen] {
            values["listeners"] = "PLAINTEXT://\(listen)"
        }
        if arguments[ServeCommand.ephemeral] {
            values["listeners"] = "PLAINTEXT://localhost:0"
            values["log.dirs"] = "/tmp/varve-ephemeral-\(LinuxProcess.processID)"
        }
        for text in arguments[ServeCommand.set] {
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw .refused(reason: "--set \(text): NAME=VALUE is needed")
            }
            values[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        return values
    }
}

extension BrokerError {
    var exitCode: ExitCode {
        switch self {
        case .log(let error): error.exitCode
        case .transport: .unusable
        case .metadata, .snapshot, .metadataGap, .metadataTooShort: .corrupt
        case .otherNode, .metadataMissing, .otherReplicas: .unusable
        }
    }
}
