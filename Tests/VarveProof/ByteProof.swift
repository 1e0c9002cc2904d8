/// G6 and G7: every wrong bit, and every wrong value of every byte, of a log of 1 MiB that is being
/// read.
package struct ByteProof: ProofSearch {
    /// Which wrong bytes.
    package enum Kind: Sendable {
        /// The eight values that differ in one bit.
        case bits
        /// All 255.
        case values
    }

    package let row: String
    package let key = "log"
    package let what: String
    package let goal: Int
    package let weight: Int
    private let kind: Kind

    static let size = 1 << 20
    /// Of so many cases one is looked at by reading the whole log.
    private static let fullStride = 50_021

    package init(_ kind: Kind) {
        self.kind = kind
        switch kind {
        case .bits:
            (row, goal, weight) = ("G6", Self.size * 8, 3)
            what = "single flipped bits of a .log of 1 MiB"
        case .values:
            (row, goal, weight) = ("G7", Self.size * 255, 5)
            what = "wrong bytes of a .log of 1 MiB"
        }
    }

    /// What a byte is changed by.
    private var masks: [UInt8] {
        kind == .bits ? (0..<8).map { 1 << $0 } : (1...255).map { UInt8($0) }
    }

    static func log() throws -> LiveLog { try LiveLog(size: size, recordCounts: [8, 3, 12]) }

    package func run(_ effort: Effort) throws -> Tally {
        let log = try Self.log()
        var tally = Tally()
        let masks = masks
        // A stride through the file, so that a run that is cut short has been everywhere.
        let byteCount = min(log.truth.bytes.count, Self.size)
        let step = CrashSearch.step(through: byteCount)
        var place = 0
        for number in 0..<byteCount {
            defer { place = (place + step) % byteCount }
            guard effort.takes(number) else { continue }
            if number % 64 == effort.shard, effort.deadline.isOver { break }
            for mask in masks {
                tally.states += 1
                tally.judged += 1
                let isFull = tally.states % Self.fullStride == 0
                if let fault = Self.fault(of: log, at: place, mask, isFull: isFull) {
                    tally.record(fault, "\(place)/\(mask)")
                }
            }
        }
        tally.note = "found \(log.foundCount)"
        return tally
    }

    private static func fault(
        of log: LiveLog, at place: Int, _ mask: UInt8, isFull: Bool
    ) -> String? {
        unsafe log.fault(in: place..<place + 1, isFull: isFull) { bytes in
            unsafe bytes[place] ^= mask
        }
    }

    package func fault(replaying label: String) throws -> String? {
        let words = label.split(separator: "/")
        guard words.count == 2, let place = Int(words[0]), let mask = UInt8(words[1]) else {
            throw ReplayError("\(label) is no byte and mask")
        }
        let log = try Self.log()
        guard log.truth.bytes.indices.contains(place) else { throw ReplayError("no byte \(place)") }
        return Self.fault(of: log, at: place, mask, isFull: false)
            ?? Self.fault(of: log, at: place, mask, isFull: true)
    }
}
