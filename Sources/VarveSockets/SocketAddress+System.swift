internal import CVarve
internal import Glibc
internal import VarveTransport

extension varve_address {
    init(_ address: SocketAddress) {
        self.init()
        port = address.port
        switch address.ip {
        case .v4(let bits):
            family = 4
            let value = UInt64(bits) << 32
            storeBytes(high: value, low: 0)
        case .v6(let high, let low):
            family = 6
            storeBytes(high: high, low: low)
        }
    }

    private mutating func storeBytes(high: UInt64, low: UInt64) {
        unsafe withUnsafeMutableBytes(of: &bytes) { target in
            unsafe target.storeBytes(of: high.bigEndian, as: UInt64.self)
            unsafe target.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
    }
}

extension SocketAddress {
    init(_ address: varve_address) {
        let (high, low) = unsafe withUnsafeBytes(of: address.bytes) { source in
            (
                UInt64(bigEndian: unsafe source.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: unsafe source.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        let ip: IPAddress =
            address.family == 4
            ? .v4(UInt32(truncatingIfNeeded: high >> 32)) : .v6(high: high, low: low)
        self.init(ip, port: address.port)
    }

    /// The near end of a socket.
    static func local(of descriptor: Int32) -> SocketAddress? {
        var found = varve_address()
        guard unsafe varve_socket_ends(descriptor, &found, nil) == 0 else { return nil }
        return SocketAddress(found)
    }
}
