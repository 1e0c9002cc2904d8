internal import VarveLog
internal import VarveTerms

/// A log in a directory of its own, with the owner that keeps both open.
final class OpenedLog {
    let directory: DataDirectory
    let log: Log

    /// - Throws: `LogError`.
    init(
        in folder: String, on bench: Workbench, _ settings: LogSettings = LogSettings()
    ) throws {
        directory = try DataDirectory("\(folder)/data", in: bench.surroundings)
        guard let name = LogName(topic: "log", partition: 0) else {
            preconditionFailure("log-0 is lawful")
        }
        log = try directory.openLog(name, settings: settings)
    }

    static func settings(_ policy: FlushPolicy) -> LogSettings {
        var settings = LogSettings()
        settings.flushPolicy = policy
        return settings
    }
}
