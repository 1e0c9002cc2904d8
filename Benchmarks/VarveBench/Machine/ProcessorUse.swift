internal import CBench
internal import VarveLinux
internal import VarveSystem

/// How much processor time was spent until now, by everybody and by this process.
struct ProcessorUse: Hashable {
    /// Clock ticks of all processors, of 10 ms each.
    var total: Int64
    var busy: Int64
    /// Nanoseconds.
    var own: Int64

    private static let nanosecondsPerTick: Int64 = 10_000_000

    init(total: Int64, busy: Int64, own: Int64) {
        (self.total, self.busy, self.own) = (total, busy, own)
    }

    /// Reads /proc/stat.
    init(in fileSystem: LinuxFileSystem) throws(FileError) {
        let line = try SystemText.lines(of: "/proc/stat", in: fileSystem).first ?? ""
        // Programs that this one ran, and waited for, are its own.
        self.init(line: line, own: Stopwatch.processorTime() + bench_children_time())
    }

    /// The line `cpu user nice system idle iowait irq softirq steal …` (proc(5)).
    init(line: String, own: Int64) {
        // Guest time, the ninth and tenth number, is part of user and nice already.
        let ticks = SystemText.words(of: line).dropFirst().prefix(8).map { Int64($0) ?? 0 }
        let total = ticks.reduce(0, +)
        let idle = ticks.dropFirst(3).prefix(2).reduce(0, +)
        self.init(total: total, busy: total - idle, own: own)
    }

    /// The share of all processors that other processes took since `start`, from 0 to 1. Work of
    /// the kernel for this process, such as writing back its pages, counts as theirs.
    func foreignShare(since start: ProcessorUse) -> Double {
        guard total > start.total else { return 0 }
        let ownTicks = Double(own - start.own) / Double(Self.nanosecondsPerTick)
        let foreign = Double(busy - start.busy) - ownTicks
        return min(1, max(0, foreign / Double(total - start.total)))
    }
}
