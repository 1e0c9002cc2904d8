import VarveBytes

/// The topics that a consumer's metadata names, whatever its version: every version begins with
/// what version 0 had.
///
///     int16 version │ int32 count │ count × (int16 size, UTF-8) │ …
///
/// *Source*: Kafka's `ConsumerProtocolSubscription`.
enum ConsumerSubscription {
    /// The protocol type of groups whose members send this.
    static let protocolType = "consumer"

    /// Nil when the bytes are no subscription; they come from clients and may be anything.
    static func topics(in metadata: [UInt8]) -> [String]? {
        let bytes = metadata.rawSpan
        guard bytes.byteCount >= 6, bytes.int16(at: 0) >= 0 else { return nil }
        let count = Int(bytes.int32(at: 2))
        // Each topic takes two bytes at least, which bounds the loop by what has arrived.
        guard count >= 0, count <= (bytes.byteCount - 6) / 2 else { return nil }
        var topics: [String] = []
        var position = 6
        for _ in 0..<count {
            guard position + 2 <= bytes.byteCount else { return nil }
            let size = Int(bytes.int16(at: position))
            position += 2
            guard size >= 0, position + size <= bytes.byteCount else { return nil }
            topics.append(String(decoding: metadata[position..<position + size], as: UTF8.self))
            position += size
        }
        return topics
    }
}
