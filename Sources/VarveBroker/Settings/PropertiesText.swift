internal import VarveLog

/// The bytes of a `server.properties` file: `name=value`, one on each line, as Java reads it. The
/// last of several values of a name counts.
public struct PropertiesText: Hashable, Sendable {
    public private(set) var values: [String: String] = [:]

    /// - Throws: `SettingsError.unreadable` with the line's number.
    public init(parsing bytes: [UInt8]) throws(SettingsError) {
        let properties: [JavaProperties.Property]
        do throws(CheckpointDefect) {
            properties = try JavaProperties.parse(bytes)
        } catch {
            throw .unreadable(error)
        }
        for property in properties {
            guard !property.key.isEmpty else {
                throw .unreadable(
                    CheckpointDefect(line: property.line, .missing(name: "a name before the value"))
                )
            }
            values[property.key] = property.value
        }
    }
}
