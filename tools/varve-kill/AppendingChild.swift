internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveLog
internal import VarveRecords
internal import VarveSystem

/// The child: opens the log and appends until it is killed.
struct AppendingChild {
    var directory: String
    var seed: UInt64
    var life: Int
    var threads: Int
    var settings: SharedSettings
    /// What it does beside appending, and after which pause.
    var task: Task?
    var pause: Duration

    enum Task: Hashable {
        case delete(before: Int64)
        case close
    }

    /// The words that `init(parsing:)` reads back.
    var words: [String] {
        let taskWord =
            switch task {
            case nil: "append"
            case .close: "close"
            case .delete(let offset): "\(offset)"
            }
        return [
            "child", directory, "\(seed)", "\(life)", "\(threads)",
            "\(settings.log.segmentSizeMax.bytes)", "\(settings.compression)", taskWord,
            "\(pause / .microseconds(1))",
            settings.log.flushPolicy == .durable ? "durable" : "cached",
        ]
    }

    init(options: KillOptions, life: Int, task: Task?, pause: Duration) {
        directory = options.directory
        seed = options.seed
        threads = options.threads
        settings = options.logSettings
        (self.life, self.task, self.pause) = (life, task, pause)
    }

    init?(parsing words: [String]) {
        guard words.count == 10, let seed = UInt64(words[2]), let life = Int(words[3]),
            let threads = Int(words[4]), let segmentSize = Int(words[5]),
            let compression = try? Compression(parsing: words[6]), let pauseUs = Double(words[8])
        else { return nil }
        var options = KillOptions(seed: seed)
        options.directory = words[1]
        options.threads = threads
        options.segmentSize = ByteCount(segmentSize)
        options.compression = compression
        options.policy = words[9] == "durable" ? .durable : .pageCache
        let task: Task? =
            switch words[7] {
            case "append": nil
            case "close": .close
            default: Int64(words[7]).map { .delete(before: $0) }
            }
        self.init(options: options, life: life, task: task, pause: .microseconds(pauseUs))
    }

    /// Ends with 0 when the log was closed as planned.
    func run() -> Int32 {
        do throws(LogError) {
            let log = try SharedLog(directory, settings: settings)
            if let impossible = log.recovery.impossible { Self.fail(impossible) }
            Self.tell(.opened(cutSize: log.recovery.cut?.size.bytes ?? 0))
            for thread in 0..<threads {
                guard LinuxThread.start(name: "append-\(thread)", { append(to: log, thread) })
                else { Self.fail("the system gives no more threads") }
            }
            try perform(on: log)
        } catch {
            Self.fail("\(error)")
        }
        return 0
    }

    /// Does its task; without one, and after deleting, it only waits to be killed.
    private func perform(on log: SharedLog) throws(LogError) {
        if task != nil { _ = LinuxProcess.waitForStop(atMost: pause) }
        switch task {
        case .close:
            Self.tell(.closing)
            return try log.close()
        case .delete(let offset):
            guard let start = Offset(exactly: offset) else { Self.fail("no offset: \(offset)") }
            Self.tell(.deleting(before: offset))
            try log.deleteRecords(before: start)
        case nil: break
        }
        while true { _ = LinuxProcess.waitForStop(atMost: .seconds(3600)) }
    }

    private func append(to log: SharedLog, _ thread: Int) {
        var counter = 0
        while true {
            let record = SubmittedRecord(life: life, thread: thread, counter: counter)
            do throws(LogError) {
                let offset = try log.append(Record(value: record.value(seed: seed)))
                Self.tell(
                    .acknowledged(thread: thread, counter: counter, offset: offset.rawValue))
            } catch {
                if task == .close, case .closed = error { return }
                Self.fail("\(record): \(error)")
            }
            counter += 1
        }
    }

    /// One write(2). When nobody reads any more, the parent is gone, and so must this be.
    private static func tell(_ line: ChildLine) {
        let bytes = line.bytes
        guard (try? LinuxStream.standardOutput.write(bytes.rawSpan)) != nil else {
            LinuxProcess.exit(2)
        }
    }

    private static func fail(_ text: String) -> Never {
        say("varve-kill: child: \(text)\n")
        LinuxProcess.exit(2)
    }

    /// On its own: a span's array must be seen to end, which it is not before a call that never
    /// returns.
    private static func say(_ text: String) {
        let bytes = Array(text.utf8)
        try? LinuxStream.standardError.write(bytes.rawSpan)
    }
}

extension KillOptions {
    /// How parent and child open the log.
    var logSettings: SharedSettings {
        var settings = SharedSettings()
        settings.log.flushPolicy = policy
        settings.log.segmentSizeMax = segmentSize
        settings.compression = compression
        return settings
    }
}
