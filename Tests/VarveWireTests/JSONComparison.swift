import Foundation
import VarveTerms
import VarveWire

/// Holds a decoded message against Kafka's own JSON of it, field by field.
struct JSONComparison {
    /// What slices of records refer to.
    let frame: [UInt8]

    /// The path of the first field that differs; nil when none does.
    func difference(_ value: Any, _ json: Any, at path: String = "") -> String? {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            guard let inner = mirror.children.first?.value else {
                return json is NSNull ? nil : "\(path): null, expected \(json)"
            }
            return difference(inner, json, at: path)
        }
        if json is NSNull { return "\(path): \(value), expected null" }
        if let object = json as? [String: Any] {
            return structureDifference(value, mirror, object, at: path)
        }
        if let elements = json as? [Any] {
            return arrayDifference(mirror.children.map(\.value), elements, at: path)
        }
        return isEqual(value, json) ? nil : "\(path): \(value), expected \(json)"
    }

    /// What the JSON leaves out of a message has its standard value.
    private func structureDifference(
        _ structure: Any, _ mirror: Mirror, _ object: [String: Any], at path: String
    ) -> String? {
        let standard = (structure as? any WireMessage).map { type(of: $0).init() }
        let standards = standard.map { Mirror(reflecting: $0).children.map { "\($0.value)" } }
        var seen = 0
        for (place, child) in mirror.children.enumerated() {
            guard let label = child.label, label != "unknownTags" else { continue }
            if let expected = object[label] {
                seen += 1
                let found = difference(child.value, expected, at: "\(path).\(label)")
                if let found { return found }
            } else if let standards, "\(child.value)" != standards[place] {
                return "\(path).\(label): \(child.value), expected \(standards[place])"
            }
        }
        return seen == object.count ? nil : "\(path): a field of \(object.keys) is unknown"
    }

    private func arrayDifference(
        _ values: [Any], _ elements: [Any], at path: String
    ) -> String? {
        guard values.count == elements.count else {
            return "\(path): \(values.count) elements, expected \(elements.count)"
        }
        for place in values.indices {
            let found = difference(values[place], elements[place], at: "\(path)[\(place)]")
            if let found { return found }
        }
        return nil
    }

    private func isEqual(_ value: Any, _ json: Any) -> Bool {
        switch value {
        case let value as String: return value == json as? String
        case let value as UniqueID: return value.description == json as? String
        case let value as [UInt8]: return base64(value[...]) == json as? String
        case let value as RecordsSlice: return base64(frame[value.range]) == json as? String
        default: break
        }
        guard let number = json as? NSNumber else { return false }
        switch value {
        case let value as Bool: return value == number.boolValue
        // Foundation reads the last digits of a fraction wrongly; the bytes are compared, too.
        case let value as Double:
            return abs(value - number.doubleValue) <= abs(value) * 1e-14
        case let value as ErrorCode: return Int64(value.rawValue) == number.int64Value
        case let value as any BinaryInteger: return Int64(value) == number.int64Value
        default: return false
        }
    }

    private func base64(_ bytes: ArraySlice<UInt8>) -> String {
        Foundation.Data(bytes).base64EncodedString()
    }
}
