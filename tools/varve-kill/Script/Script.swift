internal import VarveLog
internal import VarveProof
internal import VarveRecords
internal import VarveTerms

/// What a program does with its logs, as a list: so that whoever knows how far it came knows what
/// the logs must hold.
struct Script: Sendable {
    enum Step: Hashable, Sendable {
        /// Opens the directory and these logs of it, 0 and up.
        case open([Int] = [0])
        /// Appends one batch.
        case append(
            Int = 1, to: Int = 0, epoch: Int32 = 0, compression: Compression = .none,
            padding: Int = 0)
        /// Appends one batch, a record for each of these keys.
        case put([Int], padding: Int = 0)
        /// Leaves of each key the latest record.
        case compact
        case flush(Int = 0)
        case flushAll
        case roll
        case delete(before: Int)
        case retain
        /// Into the log, never past its end.
        case truncate(to: Int)
        case checkpoint
        /// Lets time pass.
        case pass(Duration)
        case close
    }

    var name: String
    var settings: LogSettings
    /// What is done before anything fails.
    var prepare: [Step] = []
    var run: [Step]

    var steps: [Step] { prepare + run }

    /// Whether records may go because later ones have their keys.
    var isCompacted: Bool { settings.cleanupPolicy.contains(.compact) }

    /// The values that step `number` appends: `epoch/number.place`, `/key` where they have one, and
    /// padding.
    func values(of number: Int) -> [String] {
        switch steps[number] {
        case .append(let count, _, let epoch, _, let padding):
            let filler = String(repeating: ".", count: padding)
            return (0..<count).map { "\(epoch)/\(number).\($0)" + filler }
        case .put(let keys, let padding):
            let filler = String(repeating: ".", count: padding)
            return keys.enumerated().map { "0/\(number).\($0)/\($1)" + filler }
        default: return []
        }
    }

    /// The key of the record with this value; nil for one without.
    static func key(of value: String) -> String? {
        let words = value.split(separator: "/")
        return words.count == 3 ? String(words[2].prefix { $0 != "." }) : nil
    }
}
