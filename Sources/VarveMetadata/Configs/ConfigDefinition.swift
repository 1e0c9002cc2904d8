/// One property: what it is called, what it holds, and which values are lawful.
///
/// *Source*: the properties of Apache Kafka 4.3, which Varve takes over by name.
public struct ConfigDefinition: Hashable, Sendable {
    public let name: String
    public let type: ConfigType
    public let access: Access
    /// In text; nil when there is none.
    public let defaultValue: String?
    public let rule: ConfigRule
    /// The broker's property that a topic falls back to.
    public let fallback: String?

    public enum Access: String, Hashable, Sendable {
        /// Set when the broker starts.
        case fixed = "r"
        /// May be altered while it runs.
        case alterable = "w"
        /// For tests of Apache Kafka itself: accepted, not listed.
        case `internal` = "i"
    }

    /// Reads a row of the tables: `name|type|access|default|valid[|fallback]`.
    init?(row: Substring) {
        let parts = row.split(separator: "|", omittingEmptySubsequences: false)
        guard parts.count >= 5, let type = ConfigType(rawValue: String(parts[1])),
            let access = Access(rawValue: String(parts[2]))
        else { return nil }
        name = String(parts[0])
        self.type = type
        self.access = access
        defaultValue = parts[3] == "~" ? nil : String(parts[3])
        guard let rule = ConfigRule(String(parts[4])) else { return nil }
        self.rule = rule
        fallback = parts.count > 5 && !parts[5].isEmpty ? String(parts[5]) : nil
    }

    /// Checks a value that somebody gave.
    ///
    /// - Throws: what is wrong with it, in one sentence.
    public func check(_ text: String) throws(ConfigRefusal) {
        guard let value = ConfigValue(text, as: type) else {
            throw ConfigRefusal(name, text, type.complaint)
        }
        if let complaint = rule.complaint(about: value) {
            throw ConfigRefusal(name, text, complaint)
        }
    }
}

/// What a property holds.
public enum ConfigType: String, Hashable, Sendable {
    case boolean
    case string
    case int
    case short
    case long
    case double
    case list
    case `class`
    case password

    /// Its number in DescribeConfigs answers.
    public var wireCode: Int8 {
        switch self {
        case .boolean: 1
        case .string: 2
        case .int: 3
        case .short: 4
        case .long: 5
        case .double: 6
        case .list: 7
        case .class: 8
        case .password: 9
        }
    }

    fileprivate var complaint: String {
        switch self {
        case .boolean: "Expected value to be either true or false"
        default: "Not a number of type \(rawValue.uppercased())"
        }
    }
}

/// Why a value was refused.
public struct ConfigRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var name: String
    public var description: String

    init(_ name: String, _ value: String, _ complaint: String) {
        self.name = name
        description = "Invalid value \(value) for configuration \(name): \(complaint)"
    }

    public init(_ name: String, saying description: String) {
        self.name = name
        self.description = description
    }
}
