internal import VarveBroker
internal import VarveLog
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// What a life of a broker begins with.
struct LifePlan: Sendable {
    var settings: BrokerSettings
    var endpoints: [ListenerAddress]
    var listeners: [any Listener]
    var network: any Network
    var surroundings: Surroundings
    var faults: BrokerFaults
    var flushes: BesideFlushes?

    /// Opens the data and begins to listen.
    func begin() throws(TestBrokerError) -> BrokerLife {
        do throws(TestBrokerError) {
            return try BrokerLife(self)
        } catch {
            for listener in listeners { listener.close() }
            throw error
        }
    }
}

/// A broker from its start to its end. Letting go of it is a kill: connections break, files are
/// given back as they are, and nothing is flushed.
///
/// *Threads*: owned by one.
final class BrokerLife {
    let broker: Broker
    let loop: EventLoop
    let gate: BrokerGate
    private let listeners: [any Listener]

    init(_ plan: LifePlan) throws(TestBrokerError) {
        listeners = plan.listeners
        do throws(BrokerError) {
            broker = try Broker(
                plan.settings, endpoints: plan.endpoints, in: plan.surroundings,
                beside: plan.flushes)
        } catch {
            throw .broker(error)
        }
        gate = BrokerGate(broker, plan.faults)
        do throws(TransportError) {
            loop = try EventLoop(
                network: plan.network, clock: plan.surroundings.clock, service: gate)
            for listener in plan.listeners { try loop.serve(listener) }
        } catch {
            throw .transport(error)
        }
    }

    deinit { for listener in listeners { listener.close() } }

    /// Begins an end in order; the loop has ended some turns later, and then `close` is due.
    func beginToStop() {
        broker.stop.ask()
        loop.drain(until: loop.now.advanced(by: .seconds(10)))
    }

    func close() throws(TestBrokerError) {
        do throws(BrokerError) {
            try broker.close()
        } catch {
            throw .broker(error)
        }
    }
}

/// Stands before a broker and turns connections away.
final class BrokerGate: FrameService {
    /// Ends a turn in the broker's place; it is to call what it is given.
    var endTurn: ((Broker, () -> Void) -> Void)?
    private let broker: Broker
    private let faults: BrokerFaults

    init(_ broker: Broker, _ faults: BrokerFaults) {
        self.broker = broker
        self.faults = faults
    }

    func opened(
        _ connection: ConnectionID, _ ends: ConnectionEnds, on loop: EventLoop
    ) -> Admission {
        faults.takesRefusal() ? .refuse : broker.opened(connection, ends, on: loop)
    }

    func turnBegan(now: Instant, on loop: EventLoop) { broker.turnBegan(now: now, on: loop) }

    func received(_ frame: RawSpan, in slot: AnswerSlot, on loop: EventLoop) {
        broker.received(frame, in: slot, on: loop)
    }

    func turnEnded(now: Instant, on loop: EventLoop) {
        guard let endTurn else { return broker.turnEnded(now: now, on: loop) }
        endTurn(broker) { broker.turnEnded(now: now, on: loop) }
    }

    func turnSettled(now: Instant, on loop: EventLoop) {
        broker.turnSettled(now: now, on: loop)
    }

    func closed(
        _ connection: ConnectionID, because reason: ClosingReason, on loop: EventLoop
    ) {
        broker.closed(connection, because: reason, on: loop)
    }

    var nextDeadline: Instant? { broker.nextDeadline }
}
