internal import CVarve
internal import Glibc
internal import VarveSystem
internal import VarveTerms
internal import VarveTransport

/// Waits by epoll(7), level-triggered, with an eventfd(2) for waking it.
final class EpollPoller: Poller {
    /// The bell's token: no connection and no listener has it.
    private static let bellToken = UInt64.max
    private static let readyCountMax = 256

    private let clock: any Clock
    private let descriptor: Int32
    private let bell: Bell
    private var found = Array(repeating: varve_ready(), count: readyCountMax)

    var waker: any Waker { bell }

    init(clock: any Clock) throws(TransportError) {
        let bell = try Bell()
        let descriptor = varve_poller_make()
        guard descriptor != -1 else { throw .failed(.poll, nil, SystemError(code: errno)) }
        guard varve_poller_add(descriptor, bell.descriptor, varve_ready_read, Self.bellToken) == 0
        else {
            let code = errno
            _ = Glibc.close(descriptor)
            throw .failed(.poll, nil, SystemError(code: code))
        }
        (self.clock, self.descriptor, self.bell) = (clock, descriptor, bell)
    }

    deinit { _ = Glibc.close(descriptor) }

    func add(
        _ socket: any StreamSocket, token: UInt64, for interest: Interest
    ) throws(TransportError) {
        let file = known(socket).descriptor
        guard varve_poller_add(descriptor, file, bits(interest), token) == 0 else {
            throw .failed(.poll, nil, SystemError(code: errno))
        }
    }

    func change(_ socket: any StreamSocket, token: UInt64, to interest: Interest) {
        let outcome = varve_poller_change(
            descriptor, known(socket).descriptor, bits(interest), token)
        precondition(outcome == 0, "changing what \(socket.peer) is waited for: errno \(errno)")
    }

    func remove(_ socket: any StreamSocket) {
        let outcome = varve_poller_remove(descriptor, known(socket).descriptor)
        precondition(outcome == 0, "removing \(socket.peer) from a poller: errno \(errno)")
    }

    func add(_ listener: any Listener, token: UInt64) throws(TransportError) {
        var code: Int32 = 0
        let outcome = known(listener).withDescriptor { file in
            let outcome = varve_poller_add_shared(descriptor, file, varve_ready_read, token)
            code = errno
            return outcome
        }
        // A listener that was closed meanwhile has nothing to tell.
        guard outcome != -1 else { throw .failed(.poll, nil, SystemError(code: code)) }
    }

    /// A listener may be gone already: another loop closed it, or it could not be added.
    func remove(_ listener: any Listener) {
        _ = known(listener).withDescriptor { varve_poller_remove(descriptor, $0) }
    }

    func wait(until deadline: Instant?, into ready: inout [ReadyEvent]) {
        ready.removeAll(keepingCapacity: true)
        let limit = Int32(found.count)
        let count = unsafe varve_poller_wait(descriptor, &found, limit, timeoutMs(until: deadline))
        let code = errno
        guard count >= 0 else {
            // A signal ends the wait early, which a loop takes as a turn without events.
            precondition(code == EINTR, "waiting for sockets: \(SystemError(code: code))")
            return
        }
        for event in found[..<Int(count)] {
            guard event.token != Self.bellToken else {
                bell.silence()
                continue
            }
            ready.append(ReadyEvent(token: event.token, readiness: readiness(event.events)))
        }
    }

    /// As epoll_wait(2) takes it, rounded up, so that a deadline has passed when the wait ends;
    /// at most an hour, after which the loop waits again.
    private func timeoutMs(until deadline: Instant?) -> Int32 {
        guard let deadline else { return -1 }
        let now = clock.now()
        guard deadline > now else { return 0 }
        let (left, overflow) = deadline.nanoseconds.subtractingReportingOverflow(now.nanoseconds)
        return overflow ? 3_600_000 : Int32(min(3_600_000, left / 1_000_000 + 1))
    }

    private func bits(_ interest: Interest) -> UInt32 {
        (interest.contains(.reading) ? varve_ready_read : 0)
            | (interest.contains(.writing) ? varve_ready_write : 0)
    }

    private func readiness(_ events: UInt32) -> Readiness {
        var readiness: Readiness = []
        if events & varve_ready_read != 0 { readiness.insert(.reading) }
        if events & varve_ready_write != 0 { readiness.insert(.writing) }
        if events & varve_ready_failed != 0 { readiness.insert(.failed) }
        return readiness
    }

    private func known(_ socket: any StreamSocket) -> TCPSocket {
        guard let socket = socket as? TCPSocket else {
            preconditionFailure("a socket of another network")
        }
        return socket
    }

    private func known(_ listener: any Listener) -> TCPListener {
        guard let listener = listener as? TCPListener else {
            preconditionFailure("a listener of another network")
        }
        return listener
    }
}

/// Ends the wait of a poller.
private final class Bell: Waker {
    let descriptor: Int32

    init() throws(TransportError) {
        descriptor = varve_bell_make()
        guard descriptor != -1 else { throw .failed(.poll, nil, SystemError(code: errno)) }
    }

    deinit { _ = Glibc.close(descriptor) }

    func wake() { varve_bell_ring(descriptor) }
    func silence() { varve_bell_silence(descriptor) }
}
