/// An address of the Internet protocol, version 4 or 6.
public enum IPAddress: Hashable, Sendable {
    /// Four bytes, the first one highest: 127.0.0.1 is `0x7F00_0001`.
    case v4(UInt32)
    /// Sixteen bytes, the first one highest.
    case v6(high: UInt64, low: UInt64)

    /// Reads an address of version 4: four decimal numbers, each below 256, between dots.
    public init?(dotted text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), let number = UInt8(String(Substring(part))) else {
                return nil
            }
            bits = bits << 8 | UInt32(number)
        }
        self = .v4(bits)
    }

    public static var loopback: Self { .v4(0x7F00_0001) }

    /// The sixteen-bit groups of version 6, first to last.
    private static func groups(_ high: UInt64, _ low: UInt64) -> [UInt16] {
        [high, low].flatMap { half in
            stride(from: 48, through: 0, by: -16).map { UInt16(truncatingIfNeeded: half >> $0) }
        }
    }

    /// The first of the longest runs of two and more zero groups, which is written as `::`.
    private static func longestZeros(in groups: [UInt16]) -> Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > longest?.count ?? 0 { longest = start..<end }
            start = max(end, start + 1)
        }
        return longest
    }
}

extension IPAddress: CustomStringConvertible {
    /// `127.0.0.1`, `2001:db8::1`. Source: RFC 5952.
    public var description: String {
        switch self {
        case .v4(let bits):
            return [24, 16, 8, 0].map { String(bits >> $0 & 0xFF) }.joined(separator: ".")
        case .v6(let high, let low):
            let groups = Self.groups(high, low)
            func text(_ range: Range<Int>) -> String {
                groups[range].map { String($0, radix: 16) }.joined(separator: ":")
            }
            guard let zeros = Self.longestZeros(in: groups) else { return text(0..<8) }
            return text(0..<zeros.lowerBound) + "::" + text(zeros.upperBound..<8)
        }
    }
}

/// One end of a connection: an address and a port.
public struct SocketAddress: Hashable, Sendable {
    public var ip: IPAddress
    public var port: UInt16

    public init(_ ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `127.0.0.1:9092`, `[::1]:9092`.
    public var description: String {
        switch ip {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }
}

/// Where to listen, as settings say it: a name or a numeric address, and a port.
public struct Endpoint: Hashable, Sendable {
    /// Empty for every address of the machine; `localhost` for both loopbacks.
    public var host: String
    /// 0 lets the system choose a free one.
    public var port: UInt16

    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension Endpoint: CustomStringConvertible {
    /// `localhost:9092`, `[::1]:9092`, `*:9092`.
    public var description: String {
        let shown = host.isEmpty ? "*" : host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return "\(shown):\(port)"
    }
}
