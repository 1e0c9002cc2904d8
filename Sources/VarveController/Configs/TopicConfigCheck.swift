internal import VarveMetadata
internal import VarveWire

/// Whether a topic may have a property with a value.
public enum TopicConfigCheck {
    /// - Returns: the value as it is to be stored, without white space around it.
    /// - Throws: `Refusal`, `.invalidConfig`.
    public static func checked(_ name: String, _ value: String?) throws(Refusal) -> String {
        guard let definition = ConfigTable.topics[name] else {
            throw Refusal(.invalidConfig, "Unknown topic config name: \(name)")
        }
        guard let value else {
            throw Refusal(.invalidConfig, "Null value not supported for topic configs: \(name)")
        }
        do throws(ConfigRefusal) {
            try definition.check(value)
        } catch {
            throw Refusal(.invalidConfig, error.description)
        }
        guard name != "remote.storage.enable" || value.trimmed.lowercased() != "true" else {
            throw Refusal(
                .invalidConfig,
                "Tiered Storage functionality is disabled in the broker. Topic cannot be "
                    + "configured with remote log storage.")
        }
        if name.hasSuffix(".replication.throttled.replicas"), !isReplicaList(value.trimmed) {
            throw Refusal(
                .invalidConfig,
                "Invalid value [\(value.trimmed)] for configuration \(name): \(name) must be the "
                    + "literal '*' or a list of replicas in the following format: "
                    + "[partitionId]:[brokerId],[partitionId]:[brokerId],...")
        }
        return value.trimmed
    }

    private static func isReplicaList(_ text: String) -> Bool {
        text == "*"
            || text.split(separator: ",").allSatisfy { part in
                let numbers = part.split(separator: ":", omittingEmptySubsequences: false)
                return numbers.count == 2
                    && numbers.allSatisfy { Int32($0.filter { $0 != " " }).map { $0 >= 0 } == true }
            }
    }

    /// Whether values fit to each other.
    ///
    /// - Parameter value: what is in force of a property.
    /// - Throws: `Refusal`, `.invalidConfig`.
    static func checkTogether(_ value: (String) -> String?) throws(Refusal) {
        let (min, max) = ("min.compaction.lag.ms", "max.compaction.lag.ms")
        guard let least = value(min).flatMap({ Int64($0) }),
            let most = value(max).flatMap({ Int64($0) }), least > most
        else { return }
        throw Refusal(
            .invalidConfig,
            "conflict topic config setting \(min) (\(least)) > \(max) (\(most))")
    }
}
