internal import VarveLog
internal import VarveRecords
internal import VarveTerms

/// What the command line of the parent says.
struct KillOptions {
    var kills = 200
    var seed: UInt64
    var directory = ""
    var threads = 16
    var segmentSize = ByteCount.mib(1)
    var compression = Compression.none
    var policy = FlushPolicy.durable
    /// A child is killed at the latest this long after its first acknowledgement.
    var windowMs: Int64 = 150
    /// The size of the log from which on old records are deleted.
    var keptSize = ByteCount.mib(24)

    init(seed: UInt64) { self.seed = seed }

    static let usage = """
        usage: varve-kill --directory DIR [--kills N] [--seed N] [--threads N]
                          [--segment-size BYTES] [--compression CODEC] [--window MS]

        Kills itself in the middle of durable appends, again and again, and checks after each
        recovery that no acknowledged record is lost, none invented, and none out of order.

        """

    /// - Returns: nil for words that say nothing.
    init?(parsing words: [String], seed: UInt64) {
        self.init(seed: seed)
        guard words.count.isMultiple(of: 2) else { return nil }
        for place in stride(from: 0, to: words.count, by: 2) {
            guard take(words[place], words[place + 1]) else { return nil }
        }
        guard !directory.isEmpty else { return nil }
    }

    private mutating func take(_ name: String, _ value: String) -> Bool {
        let number = Int(value)
        switch name {
        case "--directory": directory = value
        case "--seed":
            let isHex = value.hasPrefix("0x")
            guard let seed = isHex ? UInt64(value.dropFirst(2), radix: 16) : UInt64(value) else {
                return false
            }
            self.seed = seed
        case "--compression":
            guard let compression = try? Compression(parsing: value) else { return false }
            self.compression = compression
        case "--kills":
            guard let number, number > 0 else { return false }
            kills = number
        case "--threads":
            guard let number, (1...256).contains(number) else { return false }
            threads = number
        case "--segment-size":
            guard let number, (1024...Int(Int32.max)).contains(number) else { return false }
            segmentSize = ByteCount(number)
        case "--window":
            guard let number, (1...60_000).contains(number) else { return false }
            windowMs = Int64(number)
        default: return false
        }
        return true
    }
}
