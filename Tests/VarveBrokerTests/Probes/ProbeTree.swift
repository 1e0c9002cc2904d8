import Foundation
import VarveTerms
import VarveWire

/// A message without its type: what JSON can say of it.
enum ProbeTree: Hashable {
    case null
    /// Yes and no are 1 and 0.
    case number(Int64)
    case text(String)
    case list([ProbeTree])
    case object([String: ProbeTree])

    /// What JSON says.
    init(json: Any) {
        switch json {
        case let text as String: self = .text(text)
        case let list as [Any]: self = .list(list.map { ProbeTree(json: $0) })
        case let object as [String: Any]: self = .object(object.mapValues { ProbeTree(json: $0) })
        case let number as NSNumber: self = .number(number.int64Value)
        default: self = .null
        }
    }

    /// What a decoded message says; of records only how large they are.
    init(_ value: Any) {
        // Every empty array can be cast to an array of bytes: the type has to be the same.
        if type(of: value) == [UInt8].self, let bytes = value as? [UInt8] {
            self = .text(Foundation.Data(bytes).base64EncodedString())
            return
        }
        switch value {
        case let value as String: self = .text(value)
        case let value as UniqueID: self = .text(value.description)
        case let value as RecordsSlice: self = .number(Int64(value.count))
        case let value as ErrorCode: self = .number(Int64(value.rawValue))
        case let value as Bool: self = .number(value ? 1 : 0)
        case let value as Double: self = .number(Int64(value))
        case let value as any BinaryInteger: self = .number(Int64(value))
        default: self = Self.mirrored(Mirror(reflecting: value))
        }
    }

    private static func mirrored(_ mirror: Mirror) -> ProbeTree {
        if mirror.displayStyle == .optional {
            return mirror.children.first.map { ProbeTree($0.value) } ?? .null
        }
        if mirror.displayStyle == .collection {
            return .list(mirror.children.map { ProbeTree($0.value) })
        }
        var fields: [String: ProbeTree] = [:]
        for child in mirror.children {
            guard let label = child.label, label != "unknownTags" else { continue }
            fields[label == "records" ? "recordsSizeInBytes" : label] = ProbeTree(child.value)
        }
        return .object(fields)
    }

    // MARK: Comparing

    /// The error codes in it, in ascending order: rows come in the order of hash tables.
    var codes: [Int64] {
        var found: [Int64] = []
        collectCodes(into: &found)
        return found.sorted()
    }

    private func collectCodes(into found: inout [Int64]) {
        switch self {
        case .list(let list): for element in list { element.collectCodes(into: &found) }
        case .object(let fields):
            for (name, field) in fields {
                if name == "errorCode", case .number(let code) = field { found.append(code) }
                field.collectCodes(into: &found)
            }
        default: break
        }
    }

    /// The same with rows in the order of their names.
    var inOrder: ProbeTree {
        switch self {
        case .list(let list):
            .list(
                list.map(\.inOrder).enumerated().sorted {
                    ($0.1.key, $0.1.number, $0.0) < ($1.1.key, $1.1.number, $1.0)
                }.map(\.element))
        case .object(let fields): .object(fields.mapValues(\.inOrder))
        default: self
        }
    }

    private static let keys = [
        "name", "topic", "topicName", "groupId", "resourceName", "key", "memberId",
        "transactionalId",
    ]
    private static let numbers = ["resourceType", "partitionIndex", "partition", "index", "apiKey"]

    /// What tells a number from its neighbours.
    private var number: Int64 { if case .number(let number) = self { number } else { 0 } }

    /// What tells a row from its neighbours.
    private var key: String {
        guard case .object(let fields) = self else { return "" }
        var key = ""
        for name in Self.keys {
            if case .text(let text)? = fields[name] { key += text }
        }
        for name in Self.numbers {
            if case .number(let number)? = fields[name] { key += "\(number + 1_000_000)" }
        }
        return key
    }

    /// Without the rows of ApiVersions about APIs that are not among `keys`.
    func limited(toAPIs keys: Set<Int16>) -> ProbeTree {
        guard case .object(var fields) = self, case .list(let rows)? = fields["apiKeys"] else {
            return self
        }
        fields["apiKeys"] = .list(
            rows.filter { row in
                guard case .object(let row) = row, case .number(let key)? = row["apiKey"] else {
                    return true
                }
                return keys.contains(Int16(truncatingIfNeeded: key))
            })
        return .object(fields)
    }

    /// Without the fields that `other` does not have: old versions know fewer.
    func limited(to other: ProbeTree) -> ProbeTree {
        switch (self, other) {
        case (.object(let fields), .object(let others)):
            .object(
                Dictionary(
                    uniqueKeysWithValues: fields.compactMap { name, field in
                        others[name].map { (name, field.limited(to: $0)) }
                    }))
        case (.list(let list), .list(let others)):
            .list(
                list.enumerated().map { place, element in
                    guard let other = place < others.count ? others[place] : others.last else {
                        return element
                    }
                    return element.limited(to: other)
                })
        default: self
        }
    }

    /// What differs from run to run: times, places, texts that a broker chooses.
    private static let passedOver: Set<String> = [
        "throttleTimeMs", "host", "port", "clusterId", "logAppendTimeMs",
        "documentation", "finalizedFeaturesEpoch",
    ]

    /// Times of the broker's clock: whether there is one counts, not which.
    private static let times: Set<String> = ["transactionStartTimeMs", "lastTimestamp"]

    /// Whether both name a time.
    private func isTime(as other: ProbeTree) -> Bool {
        guard case .number(let here) = self, case .number(let there) = other else { return false }
        return here >= 0 && there >= 0
    }

    /// The path of the first field of `expected` that is another one here; nil when none is.
    func difference(from expected: ProbeTree, at path: String = "") -> String? {
        switch (self, expected) {
        case (.object(let fields), .object(let wanted)):
            for (name, field) in wanted.sorted(by: { $0.key < $1.key })
            where !Self.passedOver.contains(name) {
                guard let mine = fields[name] else { return "\(path).\(name): not there" }
                if Self.times.contains(name), mine.isTime(as: field) { continue }
                if let found = mine.difference(from: field, at: "\(path).\(name)") { return found }
            }
            return nil
        case (.list(let list), .list(let wanted)):
            guard list.count == wanted.count else {
                return "\(path): \(list.count) rows, expected \(wanted.count)"
            }
            for place in list.indices {
                let found = list[place].difference(from: wanted[place], at: "\(path)[\(place)]")
                if let found { return found }
            }
            return nil
        case (.text(let text), .text(let wanted)):
            let isAlike = Self.withoutClock(text) == Self.withoutClock(wanted)
            return isAlike ? nil : "\(path): \(self), expected \(expected)"
        default: return self == expected ? nil : "\(path): \(self), expected \(expected)"
        }
    }

    /// A text in which a range of times around the broker's is told by its length.
    private static func withoutClock(_ text: String) -> String {
        guard let start = text.range(of: "should be within ["), text.hasSuffix("]") else {
            return text
        }
        let ends = text[start.upperBound...].dropLast().split(separator: ",").compactMap {
            Int64($0.trimmingCharacters(in: .whitespaces))
        }
        guard ends.count == 2 else { return text }
        return text[..<start.upperBound] + "\(ends[1] &- ends[0]) ms]"
    }
}
