public import VarveLog

/// Why a broker cannot be started with these settings.
public enum SettingsError: Error, Hashable, Sendable {
    /// A line of a properties file cannot be read.
    case unreadable(CheckpointDefect)
    /// No property has that name; the nearest one that there is.
    case unknown(name: String, nearest: String?)
    /// A property has a value that it may not have.
    case refused(reason: String)
    /// A property asks for something that Varve does not do.
    case unsupported(name: String, value: String, reason: String)
}

extension SettingsError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let defect): "\(defect)"
        case .unknown(let name, let nearest?): "no property '\(name)'; did you mean '\(nearest)'?"
        case .unknown(let name, nil):
            "no property '\(name)': neither Apache Kafka nor Varve has one"
        case .refused(let reason): reason
        case .unsupported(let name, let value, let reason):
            "\(name)=\(value) is not supported: \(reason)"
        }
    }
}
