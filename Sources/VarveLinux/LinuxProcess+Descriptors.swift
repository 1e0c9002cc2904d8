internal import Glibc

extension LinuxProcess {
    /// Lets this process have as many files and sockets open as the system allows it at most
    /// (RLIMIT_NOFILE, the soft limit raised to the hard one).
    ///
    /// - Returns: how many that are; where the limit cannot be told, 1,024, which is Linux's own.
    @discardableResult
    public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if unsafe setrlimit(.init(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}
