internal import Glibc

/// A rest of the calling thread.
public enum LinuxPause {
    /// Rests for about `duration`; a signal ends it early.
    public static func rest(for duration: Duration) {
        guard duration > .zero else { return }
        let (seconds, attoseconds) = duration.components
        var time = timespec(
            tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        unsafe nanosleep(&time, nil)
    }
}
