internal import VarveBroker

/// Tells whoever started `varve serve`: one warning a line, on standard error.
final class ConsoleDiagnostics: Diagnostics {
    private let console: Console

    init(_ console: Console) { self.console = console }

    func note(_ line: String) { console.warn(line) }
}
