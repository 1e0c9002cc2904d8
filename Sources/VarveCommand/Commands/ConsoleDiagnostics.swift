internal import VarveBroker

/// Tells whoever started `varve serve` on standard error, one line each: what fails, and, where it
/// was asked for, what background work did.
final class ConsoleDiagnostics: Diagnostics {
    private let console: Console
    private let tellsProgress: Bool

    init(_ console: Console, tellsProgress: Bool) {
        (self.console, self.tellsProgress) = (console, tellsProgress)
    }

    func note(_ line: String) { console.warn(line) }

    func noteProgress(_ line: String) { if tellsProgress { console.note(line) } }
}
