internal import VarveTerms
public import VarveTransport

/// How many connections a broker takes, and what each may do.
struct ConnectionSettings: Hashable {
    var limits: ServerLimits
    /// Parts of `max.connections.per.ip.overrides` that count for nothing: names of hosts, which
    /// would have to be looked up.
    var unknownHosts: [String] = []

    /// - Parameter base: what the properties say nothing about.
    init(_ configs: BrokerConfigs, base: ServerLimits = ServerLimits()) {
        let number = { (name: String) in configs.value(of: name).flatMap { Int($0) } }
        limits = base
        limits.connectionsMax = number("max.connections") ?? limits.connectionsMax
        limits.connectionsPerAddressMax =
            number("max.connections.per.ip") ?? limits.connectionsPerAddressMax
        limits.connectionsMaxOf = [:]
        let overrides = configs.value(of: "max.connections.per.ip.overrides") ?? ""
        for part in overrides.split(separator: ",") {
            guard let colon = part.lastIndex(of: ":") else {
                unknownHosts.append(String(part))
                continue
            }
            let host = String(part[..<colon]).filter { $0 != " " }
            guard let address = IPAddress(dotted: host),
                let count = Int(part[part.index(after: colon)...].filter { $0 != " " })
            else {
                unknownHosts.append(host)
                continue
            }
            limits.connectionsMaxOf[address] = max(0, count)
        }
    }
}

extension BrokerSettings {
    /// What each connection may do (`socket.request.max.bytes`, `connections.max.idle.ms`).
    public var loopLimits: LoopLimits {
        var limits = LoopLimits()
        if let size = configs.integer("socket.request.max.bytes") {
            limits.frameSizeMax = ByteCount(Int(min(max(1, size), Int64(Int32.max))))
        }
        if let idle = configs.integer("connections.max.idle.ms") {
            limits.idleMax = idle < 0 ? .bounded(milliseconds: .max) : .bounded(milliseconds: idle)
        }
        return limits
    }

    /// How many connections there may be, and what their requests may hold (`max.connections`,
    /// `queued.max.request.bytes`).
    ///
    /// - Parameter descriptorsMax: how many files and sockets the process may have open. A quarter
    ///   of them stays for logs.
    public func serverLimits(descriptorsMax: Int) -> ServerLimits {
        var limits = ServerLimits()
        limits.connectionsMax = min(limits.connectionsMax, max(16, descriptorsMax / 4 * 3))
        if let size = configs.integer("queued.max.request.bytes"), size > 0 {
            limits.requestMemoryMax = ByteCount(Int(size))
        }
        return limits
    }
}
