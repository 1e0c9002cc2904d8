internal import Synchronization

/// How a log is kept, and what its directory lends it: one object for all logs of a directory that
/// are kept alike, so that ten thousand of them do not each hold three hundred bytes of settings.
///
/// *Threads*: any.
final class LogKeeping: Sendable {
    let settings: LogSettings
    let surroundings: Surroundings
    let checkpoints: DirectoryCheckpoints
    /// Where batches are stamped.
    let staging: SharedStaging
    private let others: Others

    /// What a directory keeps a first log by.
    convenience init(
        _ settings: LogSettings, surroundings: Surroundings, checkpoints: DirectoryCheckpoints
    ) {
        self.init(
            settings, surroundings: surroundings, checkpoints: checkpoints,
            staging: SharedStaging(), others: Others())
    }

    private init(
        _ settings: LogSettings, surroundings: Surroundings, checkpoints: DirectoryCheckpoints,
        staging: SharedStaging, others: Others
    ) {
        self.settings = settings
        self.surroundings = surroundings
        self.checkpoints = checkpoints
        self.staging = staging
        self.others = others
    }

    /// The same directory's, with other settings.
    func with(_ settings: LogSettings) -> LogKeeping {
        if settings == self.settings { return self }
        return others.alike.withLock { alike in
            if let known = alike[settings]?.keeping { return known }
            // Settings that nobody has any more go now and then.
            if alike.count >= Others.countMax { alike = alike.filter { $0.value.keeping != nil } }
            let made = LogKeeping(
                settings, surroundings: surroundings, checkpoints: checkpoints, staging: staging,
                others: others)
            alike[settings] = Others.Entry(keeping: made)
            return made
        }
    }

    /// What is there, by settings; kept by the logs alone.
    private final class Others: Sendable {
        let alike = Mutex<[LogSettings: Entry]>([:])

        struct Entry: Sendable {
            weak var keeping: LogKeeping?
        }

        static let countMax = 32
    }
}
