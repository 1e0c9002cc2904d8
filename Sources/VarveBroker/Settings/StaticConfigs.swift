internal import VarveMetadata

/// The properties that a broker was started with.
///
/// Where a name is given more than once, the later layer wins: the file, then the command line.
public struct StaticConfigs: Hashable, Sendable {
    /// What was given, by name.
    public private(set) var values: [String: String] = [:]

    public init() {}

    /// Adds a layer.
    /// - Throws: `.unknown` for a name that neither Kafka nor Varve has; `.refused` for a value.
    public mutating func add(_ layer: [String: String]) throws(SettingsError) {
        for (name, value) in layer.sorted(by: { $0.key < $1.key }) {
            guard let definition = Self.definition(of: name) else {
                throw .unknown(name: name, nearest: ConfigTable.brokers.name(nearest: name))
            }
            do throws(ConfigRefusal) {
                try definition.check(value)
            } catch {
                throw .refused(reason: error.description)
            }
            values[name] = value.trimmed
        }
    }

    /// The definition of a property, with a listener's prefix or without.
    static func definition(of name: String) -> ConfigDefinition? {
        ConfigTable.definition(ofBroker: name)
    }

    /// What was given, or the default; nil when there is neither.
    public subscript(name: String) -> String? {
        values[name] ?? Self.definition(of: name)?.defaultValue
    }

    public func integer(_ name: String) -> Int64? {
        guard let text = self[name], case .integer(let value)? = ConfigValue(text, as: .long) else {
            return nil
        }
        return value
    }

    public func boolean(_ name: String) -> Bool? {
        guard let text = self[name], case .boolean(let value)? = ConfigValue(text, as: .boolean)
        else { return nil }
        return value
    }

    public func list(_ name: String) -> [String] {
        guard let text = self[name], case .list(let values)? = ConfigValue(text, as: .list) else {
            return []
        }
        return values
    }
}
