internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// A line on the terminal that says how far long work is, how fast it goes, and when it will end.
///
/// It is drawn at most ten times a second. Without a terminal every call returns at once.
final class Progress {
    /// What is counted.
    enum Unit: Sendable {
        case bytes, records
    }

    private let label: String
    private let total: Int?
    private let unit: Unit
    private let clock: any Clock
    private let line: LiveLine
    private let start: Instant
    private var nextDraw: Instant

    private static let interval = Duration.milliseconds(100)

    init(label: String, total: Int?, unit: Unit, clock: any Clock, terminal: LinuxStream?) {
        (self.label, self.total, self.unit) = (label, total, unit)
        (self.clock, line) = (clock, LiveLine(on: terminal))
        start = clock.now()
        // Short work ends before the first line is drawn.
        nextDraw = start.advanced(by: .milliseconds(300))
    }

    /// One that is never shown.
    static var hidden: Progress {
        Progress(label: "", total: nil, unit: .bytes, clock: LinuxClock(), terminal: nil)
    }

    /// Notes that `done` of the whole is done. Cheap enough for every batch.
    func advance(to done: Int) {
        guard line.isSeen else { return }
        let now = clock.now()
        guard now >= nextDraw else { return }
        nextDraw = now.advanced(by: Self.interval)
        let text = ProgressLine(
            label: label, done: done, total: total, unit: unit,
            elapsed: now.duration(since: start)
        ).text(columns: line.columns)
        line.show(text)
    }

    /// Takes the line away.
    func clear() { line.clear() }
}

/// The text of a progress bar: `append [#####.....] 512 MB of 1.02 GB, 310 MB/s, 2 s left`.
struct ProgressLine {
    var label: String
    var done: Int
    var total: Int?
    var unit: Progress.Unit
    var elapsed: Duration

    private static let barWidth = 24

    func text(columns: Int) -> String {
        let seconds = DurationText.seconds(of: elapsed)
        let rate = seconds > 0 ? Double(done) / seconds : 0
        var tail = "\(amount(Double(done)))"
        if let total { tail += " of \(amount(Double(total)))" }
        tail += ", \(amount(rate))/s"
        if let total, rate > 0, done <= total {
            tail += ", \(Self.clock(Double(total - done) / rate)) left"
        }
        let front = total.map { bar(of: $0) } ?? ""
        for text in ["\(label) \(front)\(tail)", "\(front)\(tail)", tail] where text.count < columns
        {
            return text
        }
        return String(tail.prefix(max(0, columns - 1)))
    }

    private func bar(of total: Int) -> String {
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 1
        let full = Int(share * Double(Self.barWidth))
        return "[" + String(repeating: "#", count: full)
            + String(repeating: ".", count: Self.barWidth - full) + "] "
    }

    private func amount(_ value: Double) -> String {
        switch unit {
        case .bytes: SizeText.rounded(value)
        case .records: "\(CountText.rounded(value)) records"
        }
    }

    /// `45 s`, `2:05`, `1:02:05`.
    private static func clock(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(seconds.rounded(.up))
        if whole < 100 { return "\(whole) s" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = whole / 60
        return minutes < 60
            ? "\(minutes):\(two(whole % 60))"
            : "\(minutes / 60):\(two(minutes % 60)):\(two(whole % 60))"
    }
}

/// Counts for people: `950`, `12.1 k`, `3.40 M`.
enum CountText {
    static func rounded(_ value: Double) -> String {
        switch value {
        case ..<1000: "\(Int(value))"
        case ..<1e6: "\(SizeText.figures(value / 1e3)) k"
        case ..<1e9: "\(SizeText.figures(value / 1e6)) M"
        default: "\(SizeText.figures(value / 1e9)) G"
        }
    }
}
