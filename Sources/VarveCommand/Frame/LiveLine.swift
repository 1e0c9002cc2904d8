internal import VarveBytes
internal import VarveLinux

/// A line on the terminal that is rewritten as work goes on. Without a terminal it shows nothing.
final class LiveLine {
    private let terminal: LinuxStream?
    private var isShown = false

    /// - Parameter isShown: whether it may be seen at all.
    convenience init(isShown: Bool) {
        let stream = LinuxStream.standardError
        self.init(on: isShown && stream.isTerminal ? stream : nil)
    }

    /// - Parameter terminal: where it is seen; nil where it is not.
    init(on terminal: LinuxStream?) { self.terminal = terminal }

    var isSeen: Bool { terminal != nil }

    /// How much room there is, asked of the terminal.
    var columns: Int { terminal?.terminalWidth ?? 80 }

    /// Replaces the line.
    func show(_ text: String) {
        guard let terminal else { return }
        // Back to the first column, the line, and away with what a longer line left.
        write("\r\(text.prefix(max(0, columns - 1)))\u{1B}[K", to: terminal)
        isShown = true
    }

    /// Takes the line away.
    func clear() {
        guard isShown, let terminal else { return }
        write("\r\u{1B}[K", to: terminal)
        isShown = false
    }

    private func write(_ text: String, to terminal: LinuxStream) {
        let bytes = Array(text.utf8)
        // A terminal that is gone shows nothing, which the work does not care about.
        try? terminal.write(bytes.rawSpan)
    }
}
