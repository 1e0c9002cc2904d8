import Synchronization
import VarveTerms
import VarveTransport

/// Tells which ends of connections in memory are ready. Never waits.
final class MemoryPoller: Poller {
    private struct Entry {
        var end: WireEnd
        var token: UInt64
        var interest: Interest
    }

    private let network: MemoryNetwork
    private var entries: [Entry] = []
    private var listeners: [(listener: MemoryListener, token: UInt64)] = []
    let waker: any Waker = SilentWaker()

    init(_ network: MemoryNetwork) { self.network = network }

    private func known(_ socket: any StreamSocket) -> MemorySocket {
        guard let socket = socket as? MemorySocket else {
            preconditionFailure("a socket of another network")
        }
        return socket
    }

    private func place(of socket: any StreamSocket) -> Int {
        let end = known(socket).end
        guard let place = entries.firstIndex(where: { $0.end == end }) else {
            preconditionFailure("\(socket.peer) was never added")
        }
        return place
    }

    func add(_ socket: any StreamSocket, token: UInt64, for interest: Interest) {
        let end = known(socket).end
        precondition(!entries.contains { $0.end == end }, "\(socket.peer) is added twice")
        entries.append(Entry(end: end, token: token, interest: interest))
    }

    func change(_ socket: any StreamSocket, token: UInt64, to interest: Interest) {
        entries[place(of: socket)].interest = interest
    }

    func remove(_ socket: any StreamSocket) { entries.remove(at: place(of: socket)) }

    func add(_ listener: any Listener, token: UInt64) {
        guard let listener = listener as? MemoryListener else {
            preconditionFailure("a listener of another network")
        }
        listeners.append((listener, token))
    }

    func remove(_ listener: any Listener) { listeners.removeAll { $0.listener === listener } }

    func wait(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        ready = listeners.compactMap { entry in
            entry.listener.isReady ? ReadyEvent(token: entry.token, readiness: .reading) : nil
        }
        let found = network.state.withLock { state in
            var found = entries.compactMap { entry -> ReadyEvent? in
                let wire = state.wires[entry.end.wire]
                var readiness = wire.readiness(
                    of: entry.end, pipeSize: network.options.pipeSize)
                if !entry.interest.contains(.reading) { readiness.remove(.reading) }
                if !entry.interest.contains(.writing) { readiness.remove(.writing) }
                return readiness.isEmpty
                    ? nil : ReadyEvent(token: entry.token, readiness: readiness)
            }
            guard state.generator != nil else { return found }
            // Some of them, in any order: the rest is told of next time.
            found.shuffle(using: &state)
            return Array(found.prefix(state.portion(of: found.count)))
        }
        ready += found
    }
}

/// Nobody waits, so nobody is woken.
private final class SilentWaker: Waker {
    func wake() {}
}
