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
        let best = definitions.map { ($0.name, wrong.distance(to: $0.name)) }
            .min { $0.1 < $1.1 }
        guard let best, best.1 <= max(2, wrong.count / 3) else { return nil }
        return best.0
    }
}

extension String {
    /// How many letters must be added, taken away or replaced to make the other one.
    package func distance(to other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (place, letter) in enumerated() {
            var diagonal = row[0]
            row[0] = place + 1
            for column in other.indices {
                let replaced = letter == other[column] ? diagonal : diagonal + 1
                diagonal = row[column + 1]
                row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
