internal import VarveTerms

/// The properties of one kind of resource, in the order of their names.
public struct ConfigTable: Sendable {
    public let definitions: [ConfigDefinition]
    private let places: [String: Int]

    public static let topics = ConfigTable(rows: topicRows)
    public static let brokers = ConfigTable(rows: brokerRows)

    /// - Precondition: the rows are those of this module, which a test reads one by one.
    init(rows: String) {
        definitions = rows.split(separator: "\n").map { row in
            guard let definition = ConfigDefinition(row: row) else {
                preconditionFailure("a row of the table cannot be read: \(row)")
            }
            return definition
        }
        places = Dictionary(
            uniqueKeysWithValues: definitions.enumerated().map { ($0.element.name, $0.offset) })
    }

    public subscript(name: String) -> ConfigDefinition? { places[name].map { definitions[$0] } }

    /// The definition of a property of brokers, with a listener's prefix or without, Varve's own
    /// among them.
    public static func definition(ofBroker name: String) -> ConfigDefinition? {
        if let found = brokers[name] ?? varve[name] { return found }
        guard name.hasPrefix("listener.name.") else { return nil }
        let rest = name.dropFirst("listener.name.".count)
        guard let dot = rest.firstIndex(of: ".") else { return nil }
        return brokers[String(rest[rest.index(after: dot)...])]
    }

    /// The known name that is nearest to a wrong one, for error messages; nil when none is near.
    public func name(nearest wrong: String) -> String? {
        NearestName.find(wrong, among: definitions.lazy.map(\.name))
    }
}
