import VarveBytes
import VarveTerms

/// What members of the classic protocol tell each other through their coordinator, as far as a
/// consumer group has to understand it.
///
///     subscription: int16 version │ topics │ bytes userData │ 1: owned │ 2: int32 generation │
///                   3: string rack
///     assignment:   int16 version │ (topic, partitions)… │ bytes userData
///
/// *Source*: Kafka's `ConsumerProtocolSubscription` and `ConsumerProtocolAssignment`.
enum ConsumerProtocol {
    struct Subscription: Hashable {
        var version: Int16
        var topics: [String]
        /// Topic → partitions; empty below version 1.
        var owned: [String: [Int32]] = [:]
    }

    /// Nil when the bytes are no subscription; they come from clients and may be anything.
    static func subscription(_ bytes: [UInt8]) -> Subscription? {
        var reader = ProtocolReader(bytes)
        guard let version = reader.int16(), version >= 0, let count = reader.count(ofAtLeast: 2)
        else { return nil }
        var topics: [String] = []
        for _ in 0..<count {
            guard let topic = reader.string() else { return nil }
            topics.append(topic)
        }
        var subscription = Subscription(version: version, topics: topics)
        guard reader.skipBytes() else { return nil }
        if version >= 1 {
            guard let owned = reader.partitions() else { return nil }
            subscription.owned = owned
        }
        return subscription
    }

    /// Topic → partitions. Nothing at all is no partitions: the leader has not spoken yet.
    /// - Returns: nil when the bytes are no assignment.
    static func assignment(_ bytes: [UInt8]) -> [String: [Int32]]? {
        if bytes.isEmpty { return [:] }
        var reader = ProtocolReader(bytes)
        guard let version = reader.int16(), version >= 0, let partitions = reader.partitions(),
            reader.skipBytes()
        else { return nil }
        return partitions
    }

    /// An assignment without user data.
    static func encode(_ partitions: [String: [Int32]], version: Int16) -> [UInt8] {
        var bytes: [UInt8] = []
        func append(_ number: some FixedWidthInteger) {
            for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        append(version)
        append(Int32(clamping: partitions.count))
        for (topic, all) in partitions.sorted(by: { $0.key < $1.key }) {
            append(Int16(clamping: topic.utf8.count))
            bytes += Array(topic.utf8)
            append(Int32(clamping: all.count))
            for partition in all.sorted() { append(partition) }
        }
        append(Int32(-1))
        return bytes
    }
}

/// Reads what clients wrote; nil wherever they did not write what they should have.
private struct ProtocolReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func int16() -> Int16? { number(Int16.self) }

    private mutating func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
        let width = Number.bitWidth / 8
        guard bytes.count - position >= width else { return nil }
        var number: Number = 0
        for byte in bytes[position..<position + width] {
            number = number << 8 | Number(truncatingIfNeeded: byte)
        }
        position += width
        return number
    }

    /// The count of an array whose elements take so many bytes at least: what has arrived bounds
    /// it.
    mutating func count(ofAtLeast size: Int) -> Int? {
        guard let count = number(Int32.self).map(Int.init), count >= 0,
            count <= (bytes.count - position) / size
        else { return nil }
        return count
    }

    mutating func string() -> String? {
        guard let size = int16().map(Int.init), size >= 0, bytes.count - position >= size else {
            return nil
        }
        defer { position += size }
        return String(decoding: bytes[position..<position + size], as: UTF8.self)
    }

    /// Moves past bytes that may be null.
    mutating func skipBytes() -> Bool {
        guard let size = number(Int32.self).map(Int.init), size >= -1,
            bytes.count - position >= size
        else { return false }
        position += max(size, 0)
        return true
    }

    mutating func partitions() -> [String: [Int32]]? {
        guard let count = count(ofAtLeast: 6) else { return nil }
        var topics: [String: [Int32]] = [:]
        for _ in 0..<count {
            guard let topic = string(), let count = self.count(ofAtLeast: 4) else { return nil }
            for _ in 0..<count {
                guard let partition = number(Int32.self) else { return nil }
                topics[topic, default: []].append(partition)
            }
        }
        return topics
    }
}
