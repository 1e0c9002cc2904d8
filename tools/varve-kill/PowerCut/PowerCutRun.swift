internal import Varve
internal import VarveBytes
internal import VarveLinux
internal import VarveRecords
internal import VarveSim
internal import VarveSystem
internal import VarveTerms

/// Power cuts on one disk: programs append to a log, all that the disk is asked is recorded, and
/// power is cut in hindsight at many moments, each with another choice of what survives.
struct PowerCutRun {
    let options: PowerCutOptions
    /// The path of this program.
    let program: String
    private let disk: LossyDisk
    private let clock = LinuxClock()
    private var generator: SplitMix64
    private(set) var tally = PowerCutTally()
    private var deadline: Instant
    private var round = 0
    private var kill: KillOptions

    /// Cuts of one recording.
    private static let cutCount = 250

    init(options: PowerCutOptions, program: String) {
        self.options = options
        self.program = program
        disk = options.disk
        generator = SplitMix64(seed: options.seed)
        kill = KillOptions(seed: options.seed)
        deadline = clock.now().advanced(by: options.duration)
    }

    /// - Returns: false when this program was asked to stop.
    mutating func run() throws(FileError) -> Bool {
        try disk.record()
        while isTimeLeft {
            if round > 0 {
                try disk.cut(after: 0, seed: 0)
                try disk.record()
            }
            guard try recordLives() else { return false }
            try cutMany()
            round += 1
        }
        return LinuxProcess.stopSignal == nil
    }

    private var isTimeLeft: Bool {
        clock.now() < deadline && LinuxProcess.stopSignal == nil && tally.violations.count < 20
    }

    private mutating func random(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &generator)
    }

    // MARK: Recording

    /// Programs append, close and are killed, one after another.
    /// - Returns: false when this program was asked to stop.
    private mutating func recordLives() throws(FileError) -> Bool {
        kill = KillOptions(seed: generator.next() >> 1)
        kill.directory = disk.mountPoint + "/data"
        kill.threads = [1, 4, 16][random(0...2)]
        kill.segmentSize = .kib([16, 64, 256][random(0...2)])
        kill.compression = [.none, .lz4, .zstd][random(0...2)]
        kill.policy = options.isControl ? .pageCache : .durable
        guard try mount() else { return true }
        for life in 0..<random(1...3) {
            let closes = random(0...1) == 1
            let pause = Duration.milliseconds(random(20...250))
            let child = AppendingChild(
                options: kill, life: life, task: closes ? .close : nil, pause: pause)
            // The ledger stands outside of what can be lost, in order with what can.
            let running = try LinuxChild(
                starting: "/bin/sh",
                ["-c", "exec \"$@\" >'\(disk.files)/ledger'", "sh", program] + child.words)
            if closes {
                if running.wait() != .exited(0) { tally.note(.word("a child failed")) }
            } else {
                // Starting takes some 20 ms of these.
                _ = LinuxProcess.waitForStop(atMost: pause + .milliseconds(30))
                running.kill()
                if !running.wait().isKill { tally.note(.word("a child failed")) }
            }
        }
        try disk.unmountPatiently()
        return LinuxProcess.stopSignal == nil
    }

    private mutating func mount() throws(FileError) -> Bool {
        if try disk.mount() { return true }
        if try disk.repair(), try disk.mount() {
            tally.repairs += 1
            return true
        }
        tally.mountFailures += 1
        return false
    }

    // MARK: Cutting

    private mutating func cutMany() throws(FileError) {
        let count = try disk.counts().first
        tally.events += count
        // In order, so that the disk goes through its journal once.
        let ends = (0..<Self.cutCount).map { _ in random(0...count) }.sorted()
        for end in ends {
            guard isTimeLeft else { return }
            try disk.cut(after: end, seed: generator.next() >> 1)
            guard let model = try judge(expecting: nil) else { continue }
            // Power fails again while the first failure is being recovered from.
            guard random(0...2) == 0 else { continue }
            let later = try disk.counts().later
            try disk.cutAgain(after: random(0...later), seed: generator.next() >> 1)
            tally.secondCuts += 1
            _ = try judge(expecting: model)
        }
    }

    /// Turns the machine on and looks at what it finds.
    /// - Parameter settled: what a check before the last cut saw.
    /// - Returns: what must be there from now on; nil when something is wrong.
    private mutating func judge(expecting settled: LogModel?) throws(FileError) -> LogModel? {
        let counts = try disk.counts()
        tally.lostSectors += counts.lost
        let ledger = try disk.marks()
        var (model, wasChecked, found) = LogModel.reading(ledger, threadCount: kill.threads)
        if wasChecked, let settled { model = settled }
        guard try mount() else { return nil }
        tally.cases += 1
        tally.survivors.insert(counts.survivors ^ UInt64(round) << 48)
        let judge = CutJudge(
            path: kill.directory, settings: kill.logSettings, seed: kill.seed)
        let disk = disk
        found += try judge.violations(&model) { () throws(FileError) in
            try disk.mark(ChildLine.checked.bytes)
        }
        try disk.unmountPatiently()
        if options.isControl, found.contains(where: \.isLoss) {
            tally.cutsWithLoss += 1
            found.removeAll(where: \.isLoss)
            if found.isEmpty { return nil }
        }
        guard !found.isEmpty else { return model }
        try keep(found, ledger: ledger)
        return nil
    }

    /// Keeps the disk as the cut left it, to look at it again.
    private mutating func keep(_ found: [Violation], ledger: [UInt8]) throws(FileError) {
        try disk.rewind()
        let path = options.keep + "/power-cut-\(options.disk.kind)-\(kill.seed)-\(tally.cases)"
        let fileSystem = LinuxFileSystem()
        try fileSystem.makeDirectory(path)
        try disk.copy(to: path + "/image")
        let file = try OpenFile(path + "/ledger", .createNew, in: fileSystem)
        try file.write(ledger.rawSpan, at: .zero)
        try file.close()
        let replay =
            "tools/power-cut --replay \(path) \(disk.kind) \(kill.seed) \(kill.threads)"
            + " \(kill.segmentSize.bytes) \(kill.compression)"
        for violation in found.prefix(3) { tally.note(violation, replay: replay) }
    }
}

extension Violation {
    /// Whether it says that a record is gone, and nothing else.
    fileprivate var isLoss: Bool {
        if case .lost = self { return true }
        return false
    }
}
