import Glibc
import Testing

/// Runs scripts in an empty directory of their own, with the built program as `$VARVE`.
final class Shell: Sendable {
    let directory: String

    struct Outcome: Equatable {
        var code: Int32
        var output: String
        var errors: String
    }

    init() throws {
        let root = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
        var template = Array("\(root)/varve-command-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer {
            unsafe mkdtemp($0.baseAddress!).map { unsafe String(cString: $0) }
        }
        directory = try #require(made)
    }

    deinit { _ = try? Self.spawn(["/bin/rm", "-rf", directory]) }

    /// Runs a script of the POSIX shell to its end.
    func run(_ script: String) throws -> Outcome {
        let path = directory + "/.out"
        // What the outer shell redirects, the script's own redirections stay free of.
        let code = try Self.spawn([
            "/bin/sh", "-c",
            "cd '\(directory)' && VARVE='\(Self.program)' && "
                + "{ \(script)\n} >.out 2>.err </dev/null",
        ])
        return Outcome(
            code: code, output: try Self.text(of: path),
            errors: try Self.text(of: directory + "/.err"))
    }

    /// Runs `varve` with a line of arguments, as a shell splits them.
    func varve(_ arguments: String) throws -> Outcome { try run("\"$VARVE\" \(arguments)") }

    private static func spawn(_ words: [String]) throws -> Int32 {
        var arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { for place in words.indices { unsafe free(arguments[place]) } }
        let quiet = unsafe strdup("SWIFT_BACKTRACE=enable=no")
        let path = unsafe strdup("PATH=/usr/local/bin:/usr/bin:/bin")
        defer {
            unsafe free(quiet)
            unsafe free(path)
        }
        var environment = unsafe [quiet, path, nil]
        var process: pid_t = 0
        // Threads of the pool block most signals, and a shell that never hears of a child's end
        // waits for it forever.
        var attributes = posix_spawnattr_t()
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        let failure = unsafe posix_spawn(
            &process, words[0], nil, &attributes, &arguments, &environment)
        try #require(failure == 0)
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) == -1 { try #require(errno == EINTR) }
        // As a shell tells it: the exit code, or 128 more than the signal's number.
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    static func text(of path: String) throws -> String {
        String(decoding: try bytes(of: path), as: UTF8.self)
    }

    static func bytes(of path: String) throws -> [UInt8] {
        let file = unsafe open(path, O_RDONLY)
        try #require(file >= 0)
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe piece.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress, $0.count)
            }
            try #require(count >= 0)
            if count == 0 { return bytes }
            bytes += piece.prefix(count)
        }
    }

    /// The program beside the tests: both are products of one build.
    static let program: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? ""
        let folders = bundle.split(separator: "/", omittingEmptySubsequences: false)
        let place = folders.firstIndex { $0.hasSuffix(".xctest") } ?? 0
        return folders[..<place].joined(separator: "/") + "/varve"
    }()
}
