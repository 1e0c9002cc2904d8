/// One of `listeners` or `advertised.listeners`: `NAME://host:port`.
public struct ListenerAddress: Hashable, Sendable {
    public var name: String
    /// Empty for every address of the machine.
    public var host: String
    public var port: UInt16

    public init(name: String, host: String, port: UInt16) {
        self.name = name
        self.host = host
        self.port = port
    }

    /// Reads `PLAINTEXT://localhost:9092`, `EXTERNAL://[::1]:9093`, `PLAINTEXT://:9092`.
    public init(_ text: String, in property: String) throws(SettingsError) {
        let wrong = SettingsError.refused(
            reason: "\(property)=\(text): expected NAME://host:port, with a port up to 65535")
        guard let marker = text.range(of: "://") else { throw wrong }
        let name = String(text[..<marker.lowerBound])
        let place = text[marker.upperBound...]
        guard !name.isEmpty, let colon = place.lastIndex(of: ":"),
            let port = UInt16(place[place.index(after: colon)...])
        else { throw wrong }
        var host = String(place[..<colon])
        if host.hasPrefix("[") {
            guard host.hasSuffix("]") else { throw wrong }
            host = String(host.dropFirst().dropLast())
        }
        self.init(name: name.uppercased(), host: host == "0.0.0.0" ? "" : host, port: port)
    }
}

extension ListenerAddress: CustomStringConvertible {
    public var description: String {
        "\(name)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension String {
    /// Where `other` stands in it first.
    fileprivate func range(of other: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) {
                return start..<index(start, offsetBy: other.count)
            }
            start = index(after: start)
        }
        return nil
    }
}
