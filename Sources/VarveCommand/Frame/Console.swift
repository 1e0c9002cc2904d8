internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// Where a command speaks: answers on standard output, everything else on standard error.
///
/// With `--json` each line on either is one JSON value: answers as the command says, and
/// `{"error":…,"code":…}` or `{"warning":…}` on standard error.
final class Console {
    let isJSON: Bool
    let isQuiet: Bool
    let output = Output(.standardOutput)
    let clock: any Clock
    private let stream = LinuxStream.standardError
    private var progress: Progress?

    init(isJSON: Bool, isQuiet: Bool, clock: any Clock) {
        (self.isJSON, self.isQuiet, self.clock) = (isJSON, isQuiet, clock)
    }

    /// Tells why the command ends: always, even when it is to be quiet.
    func error(_ text: String, _ code: ExitCode) {
        tell(
            "varve: \(text)",
            ["error": .text(text), "code": .number(Int64(code.rawValue))])
    }

    /// Tells of something that the command goes on after.
    func warn(_ text: String) { tell("varve: warning: \(text)", ["warning": .text(text)]) }

    /// Tells of something that was done meanwhile.
    func note(_ text: String) { tell("varve: \(text)", ["note": .text(text)]) }

    /// Tells what was done, in words on standard error, or with `--json` as the answer on standard
    /// output. Silent when the command is to be quiet, but for the JSON.
    func summarise(_ text: String, _ answer: JSON) throws(CommandError) {
        progress?.clear()
        if isJSON { return try output.line(answer) }
        if !isQuiet { write(text + "\n") }
    }

    /// A progress bar for long work; it shows nothing unless a terminal is there to show it.
    ///
    /// - Parameter total: how much there is to do; nil when that is not known.
    func startProgress(_ label: String, total: Int?, _ unit: Progress.Unit) -> Progress {
        let isShown = !isQuiet && stream.isTerminal
        let made = Progress(
            label: label, total: total, unit: unit, clock: clock,
            terminal: isShown ? stream : nil)
        progress = made
        return made
    }

    /// Ends the command where a signal asked for it.
    /// - Throws: `.stopped`.
    func checkStop() throws(CommandError) {
        if let signal = LinuxProcess.stopSignal { throw .stopped(signal: signal, nil) }
    }

    /// Whether a signal asked for the end.
    var isStopping: Bool { LinuxProcess.stopSignal != nil }

    /// Takes the progress bar away.
    func clearProgress() { progress?.clear() }

    private func tell(_ text: String, _ object: JSON) {
        progress?.clear()
        guard isJSON else { return write(text + "\n") }
        var buffer = ByteBuffer()
        object.write(to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        // Whoever closed standard error does not want to be told.
        try? stream.write(buffer.bytes)
    }

    private func write(_ text: String) {
        let bytes = Array(text.utf8)
        try? stream.write(bytes.rawSpan)
    }
}
