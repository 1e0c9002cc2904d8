import Foundation
import VarveBytes
import VarveRecords

/// A request that was sent to Apache Kafka, and what came of it.
struct Probe {
    var name: String
    /// Empty where it is no request of any.
    var api: String
    var version: Int16
    var frame: [UInt8]
    /// How it was sent, where that was not one frame on a connection of its own.
    var stream: Stream?
    /// Which connection it was sent over, where that has a name: others have one of their own.
    var connection: String?
    /// Whether that connection was closed after it.
    var closes: Bool
    /// How long the answer took.
    var milliseconds: Int
    /// How long whoever sent it waited first.
    var pause: Duration
    var outcome: Outcome

    /// Bytes as they were sent, with the sizes of frames among them.
    struct Stream {
        var bytes: [UInt8]
        /// Whether nothing was to follow on the connection.
        var endsSending: Bool
        /// Whether they went over the connection of the probe before.
        var goesOn: Bool
    }

    enum Outcome {
        case answer(ProbeTree)
        case closed
        /// No answer came.
        case none
    }

    /// Preparations that came too early, and were sent again: a broker that is ready at once would
    /// do them twice.
    var wasTriedAgain: Bool {
        guard name.hasPrefix("setup"), case .answer(let answer) = outcome else { return false }
        // Not leader, loading, not available, not coordinator.
        return !Set(answer.codes).isDisjoint(with: [6, 14, 15, 16])
    }

    /// Whether whoever prepared the others had asked until a transaction's time was over.
    private var showsTimeout: Bool {
        guard name.hasPrefix("setup"), api == "DescribeTransactions",
            case .answer(.object(let fields)) = outcome,
            case .list(let rows)? = fields["transactionStates"],
            case .object(let row)? = rows.first
        else { return false }
        return row["transactionState"] == .text("CompleteAbort")
    }

    /// Whether Kafka was restarted right before.
    var isFirstAfterRestart: Bool { name == "offsets/epochs/metadata" || name == "restart" }

    /// Whether its answer is Kafka's; else it only prepares those that follow.
    var isRecorded: Bool { name != "unrecorded" && name != "restart" }

    /// The probes of an area, in the order in which they were sent.
    static func all(of area: String) throws -> [Probe] {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let file = root.appending(path: "Tests/Fixtures/probes/\(area).jsonl.gz")
        let packed = try [UInt8](Foundation.Data(contentsOf: file))
        var output = ByteBuffer()
        try Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &output)
        return (output.bytes.text() ?? "").split(separator: "\n").compactMap { Probe(String($0)) }
    }

    private init?(_ line: String) {
        guard
            let object = (try? JSONSerialization.jsonObject(with: Foundation.Data(line.utf8)))
                as? [String: Any],
            let hex = (object["frame"] ?? object["stream"]) as? String
        else { return nil }
        name = object["probe"] as? String ?? ""
        if let step = object["step"] as? NSNumber { name += "/\(step)" }
        api = object["api"] as? String ?? ""
        version = (object["version"] as? NSNumber)?.int16Value ?? 0
        let digits = hex.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
        frame = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        if object["stream"] != nil {
            stream = Stream(
                bytes: frame, endsSending: object["endsSending"] != nil,
                goesOn: object["goesOn"] != nil)
        }
        connection = object["connection"] as? String
        closes = object["closes"] != nil
        milliseconds = (object["elapsedMs"] as? NSNumber)?.intValue ?? 0
        pause = Self.pause(in: object["what"] as? String ?? "")
        switch object["response"] {
        case let text as String: outcome = text == "closed" ? .closed : .none
        case let answer?: outcome = .answer(ProbeTree(json: answer))
        case nil: outcome = .none
        }
        if showsTimeout { pause = .seconds(2) }
    }

    /// The time that a description names: `1.2 s later`, `again after 120 ms`.
    private static func pause(in what: String) -> Duration {
        let time = /(?:after )?(?<count>[0-9.]+) (?<unit>ms|s)(?: later)?/
        guard let found = what.firstMatch(of: time), let count = Double(found.count),
            found.0.hasPrefix("after") || found.0.hasSuffix("later")
        else { return .zero }
        return .milliseconds(found.unit == "s" ? count * 1000 : count)
    }
}
