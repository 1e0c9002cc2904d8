internal import VarveLog
internal import VarveSystem

/// The arguments by which commands name a data directory and a log in it.
enum LogPlace {
    static let directory = Positional("DIR", .required, "the data directory")

    static let log = Parameter(
        "log", .logName, standard: standardName, "the log in the directory, by its folder's name")

    /// The log that a directory with one log has.
    static let standardName: LogName = {
        guard let name = LogName(topic: "log", partition: 0) else {
            preconditionFailure("log-0 is a lawful name")
        }
        return name
    }()
}

extension Invocation {
    /// The data directory that the command line names.
    var directory: String { arguments.positionals[0] }

    /// The log that it names.
    var logName: LogName { arguments[LogPlace.log] }
}
