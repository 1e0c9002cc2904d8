internal import VarveBytes
internal import VarveRecords
internal import VarveTerms

/// Requests that were sent to Apache Kafka, or encoded by its classes, as inputs for the broker of
/// `BrokerScene`.
struct BrokerSeeds: Sendable {
    private var frames: [[UInt8]] = []
    private var streams: [[UInt8]] = []
    /// Names and ids of topics in the recording, and what they are in `BrokerScene`.
    private var ids: [(from: [UInt8], to: [UInt8])] = topics.map {
        (Array($0.utf8), Array(counterpart(of: $0).utf8))
    }

    /// The topics that most requests of each area are about.
    private static let topics = [
        "cp-a", "lo-a", "ep-a", "gr-t", "fe-a", "pr-a", "cf-a", "md-a", "ot-a",
    ]

    /// The topic of the scene that stands for a recorded one: with a name of the same length.
    private static func counterpart(of topic: String) -> String {
        BrokerScene.topics.contains(topic) ? topic : BrokerScene.topics[0]
    }

    init(_ files: [(path: String, bytes: [UInt8])]) {
        for file in files where file.path.hasPrefix("/probes/") {
            var output = ByteBuffer()
            let packed = file.bytes.rawSpan
            guard (try? Decompressor().decompress(packed, codec: .gzip, into: &output)) != nil
            else { continue }
            let text = String(decoding: output.bytes.array(), as: UTF8.self)
            for line in text.split(separator: "\n") { take(line) }
        }
        frames = frames.map { translated($0) }
        frames += WireSeed.all(in: files).compactMap { WireTargets.requestFrame($0) }
    }

    /// Frames without their sizes.
    func requests(of key: Int16) -> [[UInt8]] {
        frames.filter { $0.count > 2 && $0.rawSpan.int16(at: 0) == key }
    }

    /// Whole connections: recorded ones, and frames of every kind one behind the other.
    func connections() -> [[UInt8]] {
        let joined = stride(from: 0, to: frames.count, by: 17).map { start in
            frames[start..<min(start + 3, frames.count)].flatMap { Self.sized($0) }
        }
        return streams + joined
    }

    private static func sized(_ frame: [UInt8]) -> [UInt8] {
        var output = ByteBuffer()
        output.append(Int32(frame.count))
        output.append(frame)
        return output.bytes.array()
    }

    private mutating func take(_ line: Substring) {
        if let bytes = Self.field("stream", of: line).flatMap(Self.bytes(hex:)), !bytes.isEmpty {
            streams.append(bytes)
        }
        if let bytes = Self.field("frame", of: line).flatMap(Self.bytes(hex:)) {
            frames.append(bytes)
        }
        for topic in Self.topics {
            guard let place = line.firstRange(of: "\"name\":\"\(topic)\",\"topicId\":\""),
                let from = UniqueID(base64: String(line[place.upperBound...].prefix(22))),
                let to = BrokerScene.id(of: Self.counterpart(of: topic))
            else { continue }
            ids.append((Self.bytes(of: from), Self.bytes(of: to)))
        }
    }

    /// The text of a field at the top of a line of JSON; recorded names have no escapes.
    private static func field(_ name: String, of line: Substring) -> Substring? {
        guard let place = line.firstRange(of: "\"\(name)\":\"") else { return nil }
        return line[place.upperBound...].prefix { $0 != "\"" }
    }

    private static func bytes(hex: Substring) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hex {
            guard let value = digit.hexDigitValue.map({ UInt8($0) }) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }

    private static func bytes(of id: UniqueID) -> [UInt8] {
        [id.high, id.low].flatMap { half in (0..<8).map { UInt8(half >> (56 - $0 * 8) & 0xFF) } }
    }

    private func translated(_ frame: [UInt8]) -> [UInt8] {
        var frame = frame
        for (from, to) in ids {
            // The first byte alone tells most places apart.
            guard
                let place = frame.indices.first(where: {
                    frame[$0] == from[0] && frame[$0...].starts(with: from)
                })
            else { continue }
            frame.replaceSubrange(place..<place + from.count, with: to)
        }
        return frame
    }
}
