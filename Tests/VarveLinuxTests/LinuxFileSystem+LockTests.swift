import Glibc
import Testing
import VarveLinux
import VarveSystem

@Suite("LinuxFileSystem, locks")
struct LinuxFileSystemLockTests {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("a second opening in this process is refused until the first one closes")
    func sameProcess() throws {
        let first = try directory.file(".lock")
        let second = try OpenFile(first.path, .readWrite, in: directory.fileSystem)
        #expect(try first.lock() == .acquired)
        #expect(try first.lock() == .acquired)
        // The lock belongs to an opening, of which Linux names no owner.
        #expect(try second.lock() == .heldBy(processID: nil))
        try first.close()
        #expect(try second.lock() == .acquired)
    }

    @Test("a lock ends with its opening, also while a program that starts has the descriptor")
    func copiedDescriptor() throws {
        let files = directory.fileSystem
        let path = try directory.file(".lock").path
        let file = try files.open(path, .readWrite)
        #expect(try files.lock(file) == .acquired)
        let copy = dup(file.rawValue)
        try #require(copy >= 0)
        defer { _ = close(copy) }
        try files.close(file)
        let next = try OpenFile(path, .readWrite, in: files)
        #expect(try next.lock() == .acquired)
    }

    @Test("closing another opening of the file does not let the lock go")
    func unrelatedClose() throws {
        let first = try directory.file(".lock")
        #expect(try first.lock() == .acquired)
        try OpenFile(first.path, .readWrite, in: directory.fileSystem).close()
        let second = try OpenFile(first.path, .readWrite, in: directory.fileSystem)
        #expect(try second.lock() == .heldBy(processID: nil))
    }

    @Test("a POSIX lock, such as Java takes, excludes this one and names its holder")
    func otherProcess() throws {
        let file = try directory.file(".lock")
        // A POSIX lock never conflicts with its own process, and conflicts with an opening's lock
        // of any process: it is taken here and asked about through the opening.
        let other = unsafe open(file.path, O_RDWR | O_CLOEXEC)
        try #require(other >= 0)
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        try #require(unsafe fcntl(other, F_SETLK, &lock) == 0)
        #expect(try file.lock() == .heldBy(processID: getpid()))
        lock.l_type = Int16(F_UNLCK)
        try #require(unsafe fcntl(other, F_SETLK, &lock) == 0)
        _ = close(other)
        #expect(try file.lock() == .acquired)
    }

    @Test("a lock here excludes the POSIX lock of another program")
    func excludesOthers() throws {
        let file = try directory.file(".lock")
        #expect(try file.lock() == .acquired)
        let other = unsafe open(file.path, O_RDWR | O_CLOEXEC)
        try #require(other >= 0)
        defer { _ = close(other) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        #expect(unsafe fcntl(other, F_SETLK, &lock) == -1)
        #expect(errno == EAGAIN || errno == EACCES)
    }

    @Test("locking a file opened for reading is a mistake and traps")
    func readOnly() async {
        await #expect(processExitsWith: .failure) {
            let directory = try TemporaryDirectory()
            let path = directory.path(of: ".lock")
            try directory.file(".lock").close()
            let file = try OpenFile(path, .read, in: directory.fileSystem)
            directory.remove()
            _ = try? file.lock()
        }
    }
}
