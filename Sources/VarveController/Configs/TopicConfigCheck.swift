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
        return value.trimmed
    }
}
