internal import CVarve
internal import Glibc
internal import Synchronization
internal import VarveSystem
internal import VarveTransport

/// A listening socket.
final class TCPListener: Listener {
    let address: SocketAddress
    /// Accepting and closing exclude each other: a number given back may name something else.
    private let descriptor: Mutex<Int32>

    init(_ descriptor: Int32, at address: SocketAddress) {
        self.descriptor = Mutex(descriptor)
        self.address = SocketAddress.local(of: descriptor) ?? address
    }

    deinit { close() }

    func close() {
        descriptor.withLock { descriptor in
            if descriptor != -1 { _ = Glibc.close(descriptor) }
            descriptor = -1
        }
    }

    /// Calls `body` with the descriptor unless it was closed.
    func withDescriptor(_ body: (Int32) -> Int32) -> Int32? {
        descriptor.withLock { $0 == -1 ? nil : body($0) }
    }

    func accept() -> AcceptOutcome {
        var peer = varve_address()
        var code: Int32 = 0
        let accepted = withDescriptor { descriptor in
            let accepted = unsafe varve_accept(descriptor, &peer)
            code = errno
            return accepted
        }
        guard let accepted else { return .notReady }
        guard accepted == -1 else {
            let local = SocketAddress.local(of: accepted) ?? address
            return .accepted(TCPSocket(accepted, peer: SocketAddress(peer), local: local))
        }
        switch code {
        case EAGAIN: return .notReady
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .exhausted(SystemError(code: code))
        case EBADF, EFAULT, EINVAL, ENOTSOCK:
            preconditionFailure("cannot accept on \(address): \(SystemError(code: code))")
        // Errors of the connection that was to come (accept(2)); a signal is one more try as well.
        default: return .gone
        }
    }
}
