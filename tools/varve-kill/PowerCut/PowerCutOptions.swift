internal import VarveSystem
internal import VarveTerms

/// What the command line of a run of power cuts says.
struct PowerCutOptions {
    var disk: LossyDisk
    var duration = Duration.seconds(60)
    var seed: UInt64
    /// Acknowledged records are in the page cache only: some must be lost, or the cuts cut nothing.
    var isControl = false
    /// Where what broke a promise is kept.
    var keep = "/var/tmp"
    var goal = 100_000

    static let usage = """
        usage: varve-kill power-cut DISK DEVICE MOUNT-POINT FILE-SYSTEM [--for SECONDS] [--seed N]
                          [--goal N] [--control yes|no] [--keep DIR]

        """

    init?(parsing words: [String], seed: UInt64) {
        guard words.count >= 4, words.count.isMultiple(of: 2) else { return nil }
        disk = LossyDisk(
            files: words[0], device: words[1], mountPoint: words[2], kind: words[3])
        self.seed = seed
        for place in stride(from: 4, to: words.count, by: 2) {
            guard take(words[place], words[place + 1]) else { return nil }
        }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        switch name {
        case "--for":
            guard let seconds = Int(value), seconds > 0 else { return false }
            duration = .seconds(seconds)
        case "--seed":
            guard let seed = UInt64(value), seed <= UInt64(Int64.max) else { return false }
            self.seed = seed
        case "--goal":
            guard let goal = Int(value) else { return false }
            self.goal = goal
        case "--control": isControl = value == "yes"
        case "--keep": keep = value
        default: return false
        }
        return true
    }
}
