internal import VarveMetadata
internal import VarveTerms

/// Properties that the environment of the process gives, as images of Apache Kafka are set up:
/// `KAFKA_NUM_PARTITIONS=3`, or `VARVE_NUM_PARTITIONS=3`.
///
/// A property's name is written in capitals, with `_` for a dot, `__` for an underscore and `___`
/// for a dash. Of Varve's own properties the first `varve.` may be left out behind `VARVE_`.
/// Variables named `KAFKA_…` that are no properties mean something to others, such as
/// `KAFKA_HEAP_OPTS` and `KAFKA_VERSION`, and do nothing; named `VARVE_…` they are mistakes. Where
/// both give a property, `VARVE_…` wins.
public struct EnvironmentProperties: Hashable, Sendable {
    public private(set) var values: [String: String] = [:]

    /// What belongs to Varve's tests and tools, and not to a broker.
    private static let others: Set<String> = ["VARVE_SEED", "VARVE_PLANTED_BUG"]

    /// - Parameter environment: all variables of the process, by name.
    /// - Throws: `.unknown` for a name of Varve's that is no property, with the variable that was
    ///   probably meant.
    public init(_ environment: [String: String]) throws(SettingsError) {
        let names = environment.keys.sorted()
        for name in names where name.hasPrefix("KAFKA_") {
            let property = Self.property(of: name.dropFirst("KAFKA_".count))
            if StaticConfigs.definition(of: property) != nil {
                values[property] = environment[name]
            }
        }
        for name in names where name.hasPrefix("VARVE_") && !Self.others.contains(name) {
            let property = Self.property(of: name.dropFirst("VARVE_".count))
            let spellings = [property, "varve." + property]
            guard let known = spellings.first(where: { StaticConfigs.definition(of: $0) != nil })
            else { throw .unknown(name: name, nearest: Self.nearest(property)) }
            values[known] = environment[name]
        }
    }

    /// `LISTENER_SECURITY_PROTOCOL_MAP` names `listener.security.protocol.map`.
    private static func property(of variable: Substring) -> String {
        var name = ""
        var underscores = 0
        func endRun() {
            // Longer runs are no name; what they make is none either.
            if underscores > 0 { name += [".", "_", "-"][min(underscores, 3) - 1] }
            underscores = 0
        }
        for letter in variable.lowercased() {
            guard letter != "_" else {
                underscores += 1
                continue
            }
            endRun()
            name.append(letter)
        }
        endRun()
        return name
    }

    private static func nearest(_ property: String) -> String? {
        let known = (ConfigTable.brokers.definitions + ConfigTable.varve.definitions).map(\.name)
        guard let name = NearestName.find(property, among: known) else { return nil }
        return variable(of: name)
    }

    /// The variable of a property.
    private static func variable(of property: String) -> String {
        let letters = property.map { letter in
            switch letter {
            case ".": "_"
            case "_": "__"
            case "-": "___"
            default: letter.uppercased()
            }
        }
        return "VARVE_" + letters.joined()
    }
}
