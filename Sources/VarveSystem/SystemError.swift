/// The number by which Linux names an error (errno), with its name and meaning.
@frozen
public struct SystemError: Hashable, Sendable {
    public let code: Int32

    @inlinable
    public init(code: Int32) { self.code = code }

    public static var notPermitted: Self { Self(code: 1) }
    public static var notFound: Self { Self(code: 2) }
    public static var interrupted: Self { Self(code: 4) }
    public static var inputOutput: Self { Self(code: 5) }
    public static var badFile: Self { Self(code: 9) }
    public static var tryAgain: Self { Self(code: 11) }
    public static var noMemory: Self { Self(code: 12) }
    public static var accessDenied: Self { Self(code: 13) }
    public static var busy: Self { Self(code: 16) }
    public static var exists: Self { Self(code: 17) }
    public static var notDirectory: Self { Self(code: 20) }
    public static var isDirectory: Self { Self(code: 21) }
    public static var invalid: Self { Self(code: 22) }
    public static var tooManyFilesInSystem: Self { Self(code: 23) }
    public static var tooManyFiles: Self { Self(code: 24) }
    public static var fileTooLarge: Self { Self(code: 27) }
    public static var noSpace: Self { Self(code: 28) }
    public static var readOnly: Self { Self(code: 30) }
    public static var nameTooLong: Self { Self(code: 36) }
    public static var notEmpty: Self { Self(code: 39) }
    public static var unsupported: Self { Self(code: 95) }
    public static var quotaExceeded: Self { Self(code: 122) }

    /// Whether space that returns would let the same call pass.
    public var isOutOfSpace: Bool { self == .noSpace || self == .quotaExceeded }
}

extension SystemError: CustomStringConvertible {
    /// `no space left on device (ENOSPC)`; a number that has no name here stands as `errno 77`.
    public var description: String {
        switch code {
        case 1: "operation not permitted (EPERM)"
        case 2: "no such file or directory (ENOENT)"
        case 4: "interrupted (EINTR)"
        case 5: "input/output error (EIO)"
        case 9: "bad file descriptor (EBADF)"
        case 11: "resource temporarily unavailable (EAGAIN)"
        case 12: "out of memory (ENOMEM)"
        case 13: "permission denied (EACCES)"
        case 16: "device or resource busy (EBUSY)"
        case 17: "file exists (EEXIST)"
        case 18: "crosses file systems (EXDEV)"
        case 20: "not a directory (ENOTDIR)"
        case 21: "is a directory (EISDIR)"
        case 22: "invalid argument (EINVAL)"
        case 23: "too many open files in the system (ENFILE)"
        case 24: "too many open files (EMFILE)"
        case 26: "file is being executed (ETXTBSY)"
        case 27: "file too large (EFBIG)"
        case 28: "no space left on device (ENOSPC)"
        case 29: "cannot seek (ESPIPE)"
        case 30: "read-only file system (EROFS)"
        case 32: "broken pipe (EPIPE)"
        case 36: "name too long (ENAMETOOLONG)"
        case 39: "directory not empty (ENOTEMPTY)"
        case 40: "too many levels of symbolic links (ELOOP)"
        case 95: "not supported (EOPNOTSUPP)"
        case 97: "address family not supported (EAFNOSUPPORT)"
        case 98: "address in use (EADDRINUSE)"
        case 99: "address not available (EADDRNOTAVAIL)"
        case 104: "connection reset by peer (ECONNRESET)"
        case 110: "timed out (ETIMEDOUT)"
        case 111: "connection refused (ECONNREFUSED)"
        case 116: "stale file handle (ESTALE)"
        case 122: "disk quota exceeded (EDQUOT)"
        default: "errno \(code)"
        }
    }
}
