internal import VarveBytes
internal import VarveLinux

/// A line on the terminal that is rewritten as work goes on. Without a terminal it shows nothing.
final class LiveLine {
    private let terminal: LinuxStream?
    private var isShown = false

    /// - Parameter isShown: whether it may be seen at all.
    init(isShown: Bool) {
        let stream = LinuxStream.standardError
        terminal = isShown && stream.isTerminal ? stream : nil
    }

    /// Replaces the line.
    func show(_ text: String) {
        guard let terminal else { return }
        let columns = terminal.terminalWidth ?? 80
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
