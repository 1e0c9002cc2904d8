import Foundation
import VarveBytes
import VarveRecords

/// What a real broker was asked and what it answered: JSON lines of Tests/Fixtures/groups.
enum Recording {
    static func lines(_ name: String) -> [JSON] {
        let root = "/" + #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        let path = root + "/Tests/Fixtures/groups/\(name).jsonl.gz"
        let packed = [UInt8](FileManager.default.contents(atPath: path) ?? Data())
        var buffer = ByteBuffer()
        do {
            try Decompressor().decompress(packed.rawSpan, codec: .gzip, into: &buffer)
        } catch {
            preconditionFailure("\(path): \(error)")
        }
        return buffer.bytes.array().split(separator: UInt8(ascii: "\n")).map { line in
            JSON(try? JSONSerialization.jsonObject(with: Data(line)))
        }
    }
}

/// A value of JSON, read leniently: what is not there is empty.
struct JSON {
    let value: Any?

    init(_ value: Any?) { self.value = value is NSNull ? nil : value }

    subscript(key: String) -> JSON { JSON((value as? [String: Any])?[key]) }

    func has(_ key: String) -> Bool { (value as? [String: Any])?[key] != nil }

    var isNull: Bool { value == nil }
    var int: Int { Int(int64) }
    var int64: Int64 { (value as? NSNumber)?.int64Value ?? 0 }
    var list: [JSON] { (value as? [Any] ?? []).map { JSON($0) } }
    var bytes: [UInt8] { [UInt8](Data(base64Encoded: value as? String ?? "") ?? Data()) }

    /// A string; long ones of one character stand as `{"repeat": …, "count": …}`.
    var text: String? {
        if let text = value as? String { return text }
        guard has("repeat") else { return nil }
        return String(repeating: self["repeat"].text ?? "", count: self["count"].int)
    }

    // MARK: Comparing

    /// One text for equal values: keys and lists are sorted, since Kafka's order is that of its
    /// hash tables.
    static func canonical(_ value: Any?) -> String {
        switch value {
        case let object as [String: Any]:
            let pairs = object.sorted { $0.key < $1.key }
            return "{" + pairs.map { "\($0): \(canonical($1))" }.joined(separator: ", ") + "}"
        case let list as [Any]:
            return "[" + list.map { canonical($0) }.sorted().joined(separator: ", ") + "]"
        case let text as String: return "\"\(text)\""
        case let number as NSNumber: return "\(number.int64Value)"
        default: return "null"
        }
    }

    /// The part of `value` that `model` has keys for.
    static func projected(_ value: Any?, like model: Any?) -> Any {
        switch (value, model) {
        case (let object as [String: Any], let model as [String: Any]):
            return Dictionary(
                uniqueKeysWithValues: model.map { ($0, projected(object[$0], like: $1)) })
        case (let list as [Any], let model as [Any]):
            let whole = model.reduce([String: Any]()) { whole, one in
                whole.merging(one as? [String: Any] ?? [:]) { isEmptyList($0) ? $1 : $0 }
            }
            return list.map { projected($0, like: whole) }
        default: return value ?? NSNull()
        }
    }

    private static func isEmptyList(_ value: Any) -> Bool { (value as? [Any])?.isEmpty == true }

    /// `value` without the objects of lists whose `key` is `name`.
    static func without(_ key: String, _ name: String, in value: Any?) -> Any? {
        switch value {
        case let object as [String: Any]:
            return object.mapValues { without(key, name, in: $0) ?? NSNull() }
        case let list as [Any]:
            return list.filter { JSON($0)[key].text != name }
                .map { without(key, name, in: $0) ?? NSNull() }
        default: return value
        }
    }
}
