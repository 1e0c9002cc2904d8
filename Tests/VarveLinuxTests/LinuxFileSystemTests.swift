import Glibc
import Testing
import VarveBytes
import VarveLinux
import VarveSystem
import VarveTerms

@Suite("LinuxFileSystem, files")
struct LinuxFileSystemTests {
    let directory: TemporaryDirectory
    let disk: LinuxFileSystem

    init() throws {
        directory = try TemporaryDirectory()
        disk = directory.fileSystem
    }

    private func error(_ body: () throws(FileError) -> Void) -> FileError? {
        TemporaryDirectory.error(of: body)
    }

    @Test("a missing file is not found unless it may be made")
    func missing() throws {
        let path = directory.path(of: "missing")
        for mode in [OpenMode.read, .readWrite] {
            let thrown = error { () throws(FileError) in _ = try disk.open(path, mode) }
            #expect(thrown == FileError(.open, path, .notFound))
        }
        let file = try disk.open(path, .readWriteOrCreate)
        #expect(try disk.status(of: file).size == .zero)
        try disk.close(file)
        #expect(try disk.status(at: path)?.kind == .file)
    }

    @Test("a new file is refused when the name is taken")
    func createNew() throws {
        try directory.file("taken", [1]).close()
        let path = directory.path(of: "taken")
        let thrown = error { () throws(FileError) in _ = try disk.open(path, .createNew) }
        #expect(thrown == FileError(.open, path, .exists))
        #expect(try disk.status(at: path)?.size == ByteCount(1))
    }

    @Test(
        "a directory is not opened as a file",
        arguments: [OpenMode.read, .readWrite, .readWriteOrCreate])
    func directoryAsFile(mode: OpenMode) {
        let thrown = error { () throws(FileError) in _ = try disk.open(directory.path, mode) }
        #expect(thrown == FileError(.open, directory.path, .isDirectory))
    }

    @Test(
        "pipes, devices and sockets are refused without waiting",
        arguments: [OpenMode.read, .readWrite, .readWriteOrCreate])
    func notRegular(mode: OpenMode) throws {
        let pipe = directory.path(of: "pipe")
        try #require(unsafe mkfifo(pipe, 0o600) == 0)
        let socket = directory.path(of: "socket")
        try #require(unsafe mknod(socket, S_IFSOCK | 0o600, 0) == 0)
        for path in [pipe, socket, "/dev/null"] {
            let thrown = error { () throws(FileError) in _ = try disk.open(path, mode) }
            #expect(thrown == FileError(.open, path, .invalid))
        }
    }

    @Test("a refused opening leaves no descriptor behind")
    func noLeak() throws {
        let before = try disk.entries(of: "/proc/self/fd").count
        for _ in 0..<200 {
            _ = error { () throws(FileError) in _ = try disk.open(directory.path, .read) }
            _ = error { () throws(FileError) in _ = try disk.open("/dev/null", .read) }
            _ = error { () throws(FileError) in _ = try disk.entries(of: "/proc/self/maps") }
            _ = try disk.entries(of: directory.path)
            try disk.flushDirectory(directory.path)
        }
        // Tests that run beside this one open a few; a leak here would show as hundreds.
        #expect(try disk.entries(of: "/proc/self/fd").count < before + 150)
    }

    @Test("a path with a zero byte is refused, not cut short")
    func zeroByte() throws {
        try directory.file("a").close()
        let path = directory.path(of: "a\0b")
        var thrown = error { () throws(FileError) in _ = try disk.open(path, .readWriteOrCreate) }
        #expect(thrown == FileError(.open, path, .invalid))
        thrown = error { () throws(FileError) in
            try disk.rename(directory.path(of: "a"), to: path)
        }
        #expect(thrown == FileError(.rename, path, .invalid))
        thrown = error { () throws(FileError) in try disk.removeFile(path) }
        #expect(thrown == FileError(.remove, path, .invalid))
        #expect(try disk.entries(of: directory.path).map(\.name) == ["a"])
    }

    @Test("errors of open files name the path and the place")
    func errorsNameThePath() throws {
        let file = try directory.file("file")
        let far = FilePosition(1 << 62)
        let thrown = error { () throws(FileError) in
            _ = try disk.write(file.id, ([1] as [UInt8]).rawSpan, at: far)
        }
        #expect(thrown == FileError(.write, file.path, .fileTooLarge, at: far))
        let resized = error { () throws(FileError) in
            try disk.resize(file.id, to: ByteCount(1 << 62))
        }
        #expect(resized == FileError(.resize, file.path, .fileTooLarge))
    }

    @Test("misuse traps: writing to a read-only file, closing twice, a number never opened")
    func traps() async {
        await #expect(processExitsWith: .failure) {
            let directory = try TemporaryDirectory()
            try directory.file("file").close()
            let file = try directory.fileSystem.open(directory.path(of: "file"), .read)
            directory.remove()
            _ = try? directory.fileSystem.write(
                file, ([1] as [UInt8]).rawSpan, at: .zero)
        }
        await #expect(processExitsWith: .failure) {
            let directory = try TemporaryDirectory()
            let file = try directory.fileSystem.open(directory.path(of: "file"), .createNew)
            try directory.fileSystem.close(file)
            directory.remove()
            try? directory.fileSystem.close(file)
        }
        await #expect(processExitsWith: .failure) {
            // A number that is never given out: that of a closed file might belong to another.
            _ = try? LinuxFileSystem().flush(FileID(.max))
        }
    }

    @Test("bytes written at a position are read back, with zeros before them")
    func writeAndRead() throws {
        let file = try directory.file("file")
        try file.write(([1, 2, 3] as [UInt8]).rawSpan, at: FilePosition(5))
        #expect(try file.size() == ByteCount(8))
        #expect(try read(file, 100, at: .zero) == [0, 0, 0, 0, 0, 1, 2, 3])
        #expect(try read(file, 2, at: FilePosition(6)) == [2, 3])
        #expect(try read(file, 2, at: FilePosition(8)) == [])
        #expect(try read(file, 2, at: FilePosition(1 << 40)) == [])
        #expect(try read(file, 0, at: .zero) == [])
        let nothing: [UInt8] = []
        #expect(try disk.write(file.id, nothing.rawSpan, at: .zero) == 0)
        try file.flush()
    }

    @Test("descriptors are not inherited, files get mode 0644 and directories 0755")
    func modes() throws {
        let file = try directory.file("file")
        #expect(fcntl(file.id.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        try disk.makeDirectory(directory.path(of: "inner"))
        let mask = umask(0o22)
        _ = umask(mask)
        #expect(status(file.path).st_mode & 0o777 == 0o644 & ~mask)
        #expect(status(directory.path(of: "inner")).st_mode & 0o777 == 0o755 & ~mask)
    }

    @Test("resizing cuts and extends with zeros")
    func resize() throws {
        let file = try directory.file("file", [1, 2, 3, 4])
        try file.resize(to: ByteCount(2))
        try file.resize(to: ByteCount(5))
        #expect(try read(file, 10, at: .zero) == [1, 2, 0, 0, 0])
    }

    @Test("reserving takes space and no length; resizing to any size gives the rest back")
    func reserve() throws {
        let file = try directory.file("file", [UInt8](repeating: 7, count: 4096))
        try file.flush()
        for size in [4096, 8192, 100] {
            try file.reserve(.zero)
            do throws(FileError) { try file.reserve(.mib(1)) } catch {
                // Some file systems cannot reserve; they must say so.
                #expect(error == FileError(.reserve, file.path, .unsupported))
                return
            }
            #expect(status(file.path).st_blocks * 512 >= 1 << 20)
            #expect(try file.size() <= ByteCount(8192))
            try file.resize(to: ByteCount(size))
            #expect(try file.size() == ByteCount(size))
            #expect(status(file.path).st_blocks * 512 <= 64 << 10, "resized to \(size)")
        }
    }

    @Test("status tells kind, size, time and identity, by name and by open file alike")
    func statuses() throws {
        let file = try directory.file("file", [1, 2, 3])
        let byName = try #require(try disk.status(at: file.path))
        #expect(try file.status() == byName)
        #expect(byName.kind == .file)
        #expect(byName.size == ByteCount(3))
        let found = status(file.path)
        #expect(
            byName.modified.milliseconds
                == Int64(found.st_mtim.tv_sec) * 1000 + Int64(found.st_mtim.tv_nsec) / 1_000_000)
        let other = try directory.file("other", [1, 2, 3])
        #expect(try other.status().identity != byName.identity)
        try #require(unsafe link(file.path, directory.path(of: "second")) == 0)
        #expect(try disk.status(at: directory.path(of: "second"))?.identity == byName.identity)
    }

    @Test("times that no clock shows become the nearest ones", arguments: [Int.min / 2, -1, 1])
    func oddTimes(seconds: Int) throws {
        let file = try directory.file("file")
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        try #require(unsafe futimens(file.id.rawValue, &times) == 0)
        _ = try file.status()
    }

    private func status(_ path: String) -> stat {
        var found = stat()
        _ = unsafe stat(path, &found)
        return found
    }

    private func read(
        _ file: borrowing OpenFile, _ size: Int, at position: FilePosition
    ) throws(FileError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0xAA, count: size)
        var span = buffer.mutableSpan
        var bytes = unsafe span.mutableBytes
        let count = try file.read(into: &bytes, at: position)
        return Array(buffer.prefix(count))
    }
}
