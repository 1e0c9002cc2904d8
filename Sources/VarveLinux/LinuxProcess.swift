internal import CVarve
internal import Glibc
internal import VarveSystem
public import VarveTerms

/// This process and the system that it runs in.
public enum LinuxProcess {
    /// The number under which the system knows this process.
    public static var processID: Int32 { getpid() }

    /// Another number after each start of the system, from `/proc/sys/kernel/random/boot_id`.
    /// Where that cannot be read, it is a random number, which equals no other boot's: whoever
    /// compares then believes less than they could, never more.
    public static let bootID: UniqueID = readBootID() ?? LinuxRandomness().uniqueID()

    /// What this machine calls itself; `localhost` where it does not say.
    public static var hostName: String {
        let fileSystem = LinuxFileSystem()
        guard let file = try? OpenFile("/proc/sys/kernel/hostname", .read, in: fileSystem) else {
            return "localhost"
        }
        var text = [UInt8](repeating: 0, count: 256)
        var span = text.mutableSpan
        var bytes = unsafe span.mutableBytes
        guard let size = try? fileSystem.read(file.id, into: &bytes, at: .zero), size > 1 else {
            return "localhost"
        }
        let name = text[..<size].prefix { $0 != UInt8(ascii: "\n") }
        return String(decoding: name, as: UTF8.self)
    }

    private static func readBootID() -> UniqueID? {
        let fileSystem = LinuxFileSystem()
        guard
            let file = try? OpenFile("/proc/sys/kernel/random/boot_id", .read, in: fileSystem)
        else { return nil }
        var text = [UInt8](repeating: 0, count: 64)
        var span = text.mutableSpan
        var bytes = unsafe span.mutableBytes
        guard let size = try? fileSystem.read(file.id, into: &bytes, at: .zero) else { return nil }
        return UniqueID(hexadecimal: text[..<size])
    }

    /// Ends the process at once: nothing more is written and nothing is closed.
    public static func exit(_ code: Int32) -> Never { Glibc.exit(code) }

    /// Keeps the numbers of the standard streams from files that are opened from here on, where
    /// whoever started this process closed one: what is written to it then fails, and does not land
    /// in a file. Call it before anything is opened.
    public static func holdStandardStreams() {
        let outcome = varve_hold_standard_streams()
        precondition(outcome == 0, "/dev/null can be opened: errno \(errno)")
    }

    // MARK: Being asked to stop

    /// From here on SIGINT and SIGTERM only set `stopSignal`; a second one ends the process as it
    /// always would. Signals that are ignored stay so. Writing to a closed pipe becomes an error
    /// (EPIPE) in place of a signal.
    public static func watchStopSignals() {
        let outcome = varve_watch_stop_signals()
        precondition(outcome == 0, "two signals and a pipe can be had: errno \(errno)")
    }

    /// The number of the signal that asked this process to stop; nil as long as none did.
    public static var stopSignal: Int32? {
        let signal = varve_stop_signal()
        return signal == 0 ? nil : signal
    }

    /// Waits until a signal asks this process to stop, at most `duration`.
    /// - Returns: whether one did.
    public static func waitForStop(atMost duration: Duration) -> Bool {
        var wait = pollfd(fd: varve_stop_descriptor(), events: Int16(POLLIN), revents: 0)
        // A signal that interrupts the wait has made the descriptor readable as well.
        _ = unsafe poll(&wait, 1, timeoutMs(duration))
        return stopSignal != nil
    }

    /// A duration as poll(2) takes it: from 0 to an hour, rounded up.
    static func timeoutMs(_ duration: Duration) -> Int32 {
        let (seconds, attoseconds) = duration.components
        guard seconds < 3600 else { return 3_600_000 }
        let restMs = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: max(0, seconds * 1000 + restMs))
    }
}

extension UniqueID {
    /// Reads 32 hexadecimal digits, as in RFC 9562's form of a UUID; dashes and what follows the
    /// last digit are passed over.
    init?(hexadecimal text: some Sequence<UInt8>) {
        var (high, low): (UInt64, UInt64) = (0, 0)
        var count = 0
        for letter in text where count < 32 {
            if letter == UInt8(ascii: "-") { continue }
            guard let digit = Character(Unicode.Scalar(letter)).hexDigitValue else { return nil }
            (high, low) = (high << 4 | low >> 60, low << 4 | UInt64(digit))
            count += 1
        }
        guard count == 32 else { return nil }
        self.init(high: high, low: low)
    }
}
