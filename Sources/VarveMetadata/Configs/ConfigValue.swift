/// A value of a property, read from its text.
public enum ConfigValue: Hashable, Sendable {
    case boolean(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case list([String])

    /// - Returns: nil when `text` is no value of that type.
    public init?(_ text: String, as type: ConfigType) {
        let trimmed = text.trimmed
        switch type {
        case .boolean:
            guard let value = Bool(trimmed.lowercased()) else { return nil }
            self = .boolean(value)
        case .short:
            guard let value = Int16(trimmed) else { return nil }
            self = .integer(Int64(value))
        case .int:
            guard let value = Int32(trimmed) else { return nil }
            self = .integer(Int64(value))
        case .long:
            guard let value = Int64(trimmed) else { return nil }
            self = .integer(value)
        case .double:
            guard let value = Double(trimmed), value.isFinite else { return nil }
            self = .double(value)
        case .list:
            let parts = trimmed.split(separator: ",").map { String($0).trimmed }
            self = .list(parts.filter { !$0.isEmpty })
        case .string, .class, .password:
            self = .text(trimmed)
        }
    }
}

extension String {
    /// Without the white space at both ends.
    package var trimmed: String {
        let isBlank = { (character: Character) in character.isWhitespace }
        guard let first = firstIndex(where: { !isBlank($0) }),
            let last = lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[first...last])
    }
}
