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

    /// The values that step `number` appends: `epoch/number.place` and padding.
    func values(of number: Int) -> [String] {
        guard case .append(let count, _, let epoch, _, let padding) = steps[number] else {
            return []
        }
        let filler = String(repeating: ".", count: padding)
        return (0..<count).map { "\(epoch)/\(number).\($0)" + filler }
    }
}
