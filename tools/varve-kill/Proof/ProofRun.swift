internal import VarveBytes
internal import VarveLinux
internal import VarveSystem
internal import VarveTerms

/// A run that counts cases on one line, tells violations as they come, and ends in time.
struct ProofRun {
    var line: ProofLine
    private let replayCommand: String
    private let clock = LinuxClock()
    private let start: Instant
    private let deadline: Instant

    /// - Parameter replayCommand: to which a case's words are added.
    init(_ line: ProofLine, for duration: Duration, replayCommand: String) {
        self.line = line
        self.replayCommand = replayCommand
        start = clock.now()
        deadline = start.advanced(by: duration)
    }

    var goesOn: Bool {
        clock.now() < deadline && LinuxProcess.stopSignal == nil && line.violations < 20
    }

    mutating func violate(_ text: String, case words: String) {
        line.violations += 1
        ProofLine.tell(
            ProofLine.violation(row: line.row, text, replay: replayCommand + " " + words))
    }

    /// Tells the line.
    /// - Returns: the exit code of the program.
    mutating func end() -> Int32 {
        line.seconds = Double(clock.now().duration(since: start) / .microseconds(1)) / 1e6
        ProofLine.tell(line.text)
        if LinuxProcess.stopSignal != nil { return 130 }
        return line.violations == 0 ? 0 : 1
    }

    static func complain(_ text: String) -> Int32 {
        let bytes = Array("varve-kill: \(text)\n".utf8)
        try? LinuxStream.standardError.write(bytes.rawSpan)
        return 2
    }
}
