import Foundation
import VarveBytes
import VarveRecords
import VarveWire

/// A message that Kafka's own classes encoded, and what is in it.
struct WireVector: CustomStringConvertible, Sendable {
    var type: any WireMessage.Type
    var version: Int16
    var title: String
    /// The message as JSON.
    var json: String
    var bytes: [UInt8]
    /// The bytes carry two tagged fields that no schema knows.
    var hasUnknownTags: Bool

    var description: String { "\(type) \(version) \(title)" }

    static let types: [any WireMessage.Type] =
        MessageTypes.requests + MessageTypes.responses + MessageTypes.headers
        + MessageTypes.metadataRecords + MessageTypes.coordinatorKeys
        + MessageTypes.coordinatorValues + MessageTypes.others

    /// All vectors of the fixtures.
    static let all: [WireVector] = {
        let byName = Dictionary(uniqueKeysWithValues: types.map { ("\($0)", $0) })
        var vectors: [WireVector] = []
        for text in Fixtures.texts(in: "wire-vectors") {
            var type: (any WireMessage.Type)?
            for line in text.split(separator: "\n") {
                if line.hasPrefix("# ") {
                    type = byName[String(line.dropFirst(2))]
                    precondition(type != nil, "no type for \(line)")
                } else if let type {
                    vectors.append(WireVector(type, String(line)))
                }
            }
        }
        return vectors
    }()

    private init(_ type: any WireMessage.Type, _ line: String) {
        let object = JSON.parse(line) as? [String: Any] ?? [:]
        self.type = type
        json = line
        version = (object["version"] as? NSNumber)?.int16Value ?? -1
        title = object["case"] as? String ?? ""
        bytes = Self.hex(object["hex"] as? String ?? "")
        hasUnknownTags = object["unknownTags"] as? Bool ?? false
    }

    /// What the message has to be.
    var expected: [String: Any] {
        (JSON.parse(json) as? [String: Any])?["message"] as? [String: Any] ?? [:]
    }

    private static func hex(_ text: String) -> [UInt8] {
        let digits = text.utf8.map { $0 < 58 ? $0 - 48 : $0 - 87 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

enum JSON {
    static func parse(_ text: String) -> Any? {
        try? JSONSerialization.jsonObject(with: Foundation.Data(text.utf8))
    }
}

enum Fixtures {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The gzipped texts of a folder of fixtures, by name.
    static func texts(in folder: String) -> [String] {
        let folder = root.appending(path: "Tests/Fixtures/\(folder)")
        let files = try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: nil)
        let texts = (files ?? []).filter { $0.path.hasSuffix(".jsonl.gz") }
        return texts.sorted { $0.path < $1.path }.compactMap { file in
            guard let packed = try? [UInt8](Foundation.Data(contentsOf: file)) else { return nil }
            var output = ByteBuffer()
            let decompressor = Decompressor()
            guard
                (try? decompressor.decompress(packed.rawSpan, codec: .gzip, into: &output)) != nil
            else { return nil }
            return output.bytes.text()
        }
    }
}
