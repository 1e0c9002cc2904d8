internal import CVarve
internal import Glibc
public import VarveSystem
internal import VarveTerms
public import VarveTransport

/// The network of the machine: TCP over IPv4 and IPv6, through non-blocking sockets and epoll.
public final class SocketNetwork: Network {
    /// How often a free port is asked for that several addresses can share.
    private static let portAttemptCountMax = 16
    /// Addresses of one host name that are looked at.
    private static let addressCountMax = 16

    private let clock: any Clock

    /// - Parameter clock: what deadlines are told by; the monotonic clock of the kernel.
    public init(clock: any Clock) { self.clock = clock }

    public func makePoller() throws(TransportError) -> any Poller {
        try EpollPoller(clock: clock)
    }

    public func connect(to address: SocketAddress) throws(TransportError) -> any StreamSocket {
        var target = varve_address(address)
        let descriptor = unsafe varve_connect(&target)
        let code = errno
        guard descriptor != -1 else {
            throw .failed(.connect, Endpoint(address), SystemError(code: code))
        }
        let local = SocketAddress.local(of: descriptor) ?? address
        return TCPSocket(descriptor, peer: address, local: local)
    }

    /// `localhost` means both loopbacks, whatever the system's resolver says; of the addresses of
    /// a name, those of a protocol that this machine lacks are left out.
    public func listen(
        on endpoint: Endpoint, backlog: Int = 1024
    ) throws(TransportError) -> [any Listener] {
        let addresses = try resolve(endpoint)
        // With port 0 the first address gets one, and it must be free on the others.
        for _ in 1..<Self.portAttemptCountMax {
            do throws(TransportError) {
                return try listen(on: addresses, endpoint, backlog)
            } catch {
                guard endpoint.port == 0, case .addressInUse = error else { throw error }
            }
        }
        return try listen(on: addresses, endpoint, backlog)
    }

    private func listen(
        on addresses: [varve_address], _ endpoint: Endpoint, _ backlog: Int
    ) throws(TransportError) -> [any Listener] {
        var listeners: [any Listener] = []
        var lastCode = EADDRNOTAVAIL
        for address in addresses {
            var address = address
            address.port = listeners.first?.address.port ?? endpoint.port
            let descriptor = unsafe varve_listen(&address, Int32(clamping: backlog))
            let code = errno
            if descriptor != -1 {
                listeners.append(TCPListener(descriptor, at: SocketAddress(address)))
                continue
            }
            // A machine without IPv6 still finds ::1 under the name localhost.
            guard addresses.count > 1, code == EAFNOSUPPORT || code == EADDRNOTAVAIL else {
                for listener in listeners { listener.close() }
                if code == EADDRINUSE { throw .addressInUse(endpoint) }
                throw .failed(.listen, endpoint, SystemError(code: code))
            }
            lastCode = code
        }
        guard !listeners.isEmpty else {
            throw .failed(.listen, endpoint, SystemError(code: lastCode))
        }
        return listeners
    }

    /// The addresses of a host with the endpoint's port, each once; of `localhost` the loopbacks.
    /// May wait for a name server.
    public func addresses(of endpoint: Endpoint) throws(TransportError) -> [SocketAddress] {
        try resolve(endpoint).map { address in
            SocketAddress(SocketAddress(address).ip, port: endpoint.port)
        }
    }

    private func resolve(_ endpoint: Endpoint) throws(TransportError) -> [varve_address] {
        if endpoint.host == "localhost" {
            return [.v4(0x7F00_0001), .v6(high: 0, low: 1)].map { ip in
                varve_address(SocketAddress(ip, port: endpoint.port))
            }
        }
        guard !endpoint.host.utf8.contains(0) else {
            throw .unknownHost(endpoint.host, reason: "a zero byte in the name")
        }
        var found = Array(repeating: varve_address(), count: Self.addressCountMax)
        let count = unsafe varve_resolve(endpoint.host, &found, Int32(found.count))
        guard count > 0 else {
            let reason =
                count == 0 ? "no address" : unsafe String(cString: varve_resolve_reason(count))
            throw .unknownHost(endpoint.host, reason: reason)
        }
        var unique: [varve_address] = []
        for address in found.prefix(Int(count)) {
            let isKnown = unique.contains { SocketAddress($0) == SocketAddress(address) }
            if !isKnown { unique.append(address) }
        }
        return unique
    }
}

extension Endpoint {
    init(_ address: SocketAddress) {
        self.init(host: address.ip.description, port: address.port)
    }
}
