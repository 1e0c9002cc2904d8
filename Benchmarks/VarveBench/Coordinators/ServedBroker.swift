internal import CBench
internal import Synchronization
internal import Varve
internal import VarveBroker
internal import VarveLinux
internal import VarveLog
internal import VarveSockets
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// A broker on a port of 127.0.0.1, with an event loop in a thread of its own.
final class ServedBroker: Sendable {
    let port: UInt16
    private let thread: ServerThread
    private let ending: Ending

    /// How the thread is reached, and what became of it.
    private final class Ending: Sendable {
        struct State {
            var mailbox: LoopMailbox?
            var stop: BrokerStop?
            var failure: (any Error)?
        }

        let state = Mutex(State())
    }

    /// Returns when it serves.
    /// - Parameters:
    ///   - properties: beyond Kafka's defaults and the place of the data.
    ///   - surroundings: nil for those of the bench.
    init(
        _ bench: Workbench, in folder: String, _ properties: [String: String] = [:],
        on surroundings: Surroundings? = nil
    ) throws {
        let network = SocketNetwork(clock: LinuxClock())
        let listeners = try network.listen(on: Endpoint(host: "127.0.0.1", port: 0))
        port = listeners[0].address.port
        var configs = StaticConfigs()
        try configs.add([
            "log.dirs": "\(folder)/data", "listeners": "PLAINTEXT://127.0.0.1:\(port)",
            "group.initial.rebalance.delay.ms": "0",
        ])
        try configs.add(properties)
        let settings = try BrokerSettings(configs)
        let surroundings = surroundings ?? bench.surroundings
        let ending = Ending()
        let ready = bench_bell()
        guard ready >= 0 else { throw LeafError(call: "eventfd", code: bench_errno()) }
        defer { bench_bell_close(ready) }
        thread = try ServerThread {
            do {
                let descriptors = LinuxProcess.raiseDescriptorLimit()
                let broker = try Broker(
                    settings, endpoints: settings.advertised, in: surroundings,
                    beside: BesideFlushes(by: FlushThread()))
                let loop = try EventLoop(
                    network: network, clock: surroundings.clock, service: broker,
                    limits: settings.loopLimits,
                    ledger: ServerLedger(limits: settings.serverLimits(descriptorsMax: descriptors))
                )
                for listener in listeners { try loop.serve(listener) }
                ending.state.withLock { ($0.mailbox, $0.stop) = (loop.mailbox, broker.stop) }
                _ = bench_bell_ring(ready)
                loop.run()
                try broker.close()
            } catch {
                ending.state.withLock { $0.failure = error }
                _ = bench_bell_ring(ready)
            }
        }
        self.ending = ending
        guard bench_bell_wait(ready) == 0 else {
            throw LeafError(call: "eventfd_read", code: bench_errno())
        }
        if let failure = ending.state.withLock({ $0.failure }) { throw failure }
    }

    /// Ends it in order, and returns when everything is closed. Its clients are gone by then.
    func end() throws {
        ending.state.withLock { state in
            state.stop?.ask()
            state.mailbox?.post { loop in loop.drain(until: loop.now) }
        }
        try thread.wait()
        if let failure = ending.state.withLock({ $0.failure }) { throw failure }
    }
}
