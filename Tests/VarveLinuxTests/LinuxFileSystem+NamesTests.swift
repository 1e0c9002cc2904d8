import Glibc
import Testing
import VarveLinux
import VarveSystem
import VarveTerms

@Suite("LinuxFileSystem, names")
struct LinuxFileSystemNamesTests {
    let directory: TemporaryDirectory
    let disk: LinuxFileSystem

    init() throws {
        directory = try TemporaryDirectory()
        disk = directory.fileSystem
    }

    private func error(_ body: () throws(FileError) -> Void) -> SystemError? {
        TemporaryDirectory.error(of: body)?.error
    }

    @Test("calls on a missing name say that it is not found")
    func missing() {
        let path = directory.path(of: "missing")
        #expect(error { () throws(FileError) in _ = try disk.entries(of: path) } == .notFound)
        #expect(error { () throws(FileError) in try disk.removeFile(path) } == .notFound)
        #expect(error { () throws(FileError) in try disk.removeDirectory(path) } == .notFound)
        #expect(error { () throws(FileError) in try disk.rename(path, to: "x") } == .notFound)
        #expect(error { () throws(FileError) in try disk.flushDirectory(path) } == .notFound)
        #expect(error { () throws(FileError) in _ = try disk.freeSpace(at: path) } == .notFound)
        #expect(
            error { () throws(FileError) in try disk.makeDirectory(path + "/inner") } == .notFound)
    }

    @Test("a file where a directory is needed says so")
    func fileAsDirectory() throws {
        try directory.file("file").close()
        let path = directory.path(of: "file")
        #expect(
            error { () throws(FileError) in _ = try disk.entries(of: path) } == .notDirectory)
        #expect(
            error { () throws(FileError) in try disk.flushDirectory(path) } == .notDirectory)
        #expect(
            error { () throws(FileError) in try disk.removeDirectory(path) } == .notDirectory)
        #expect(
            error { () throws(FileError) in _ = try disk.status(at: path + "/x") }
                == .notDirectory)
        #expect(
            error { () throws(FileError) in _ = try disk.open(path + "/x", .readWriteOrCreate) }
                == .notDirectory)
        #expect(error { () throws(FileError) in try disk.makeDirectory(path) } == .exists)
    }

    @Test("a directory where a file is needed says so")
    func directoryAsFile() throws {
        let path = directory.path(of: "inner")
        try disk.makeDirectory(path)
        try directory.file("file").close()
        #expect(error { () throws(FileError) in try disk.removeFile(path) } == .isDirectory)
        #expect(
            error { () throws(FileError) in
                try disk.rename(directory.path(of: "file"), to: path)
            } == .isDirectory)
        #expect(error { () throws(FileError) in try disk.makeDirectory(path) } == .exists)
    }

    @Test("a directory that still holds something is not removed")
    func notEmpty() throws {
        try directory.file("file").close()
        #expect(
            error { () throws(FileError) in try disk.removeDirectory(directory.path) }
                == .notEmpty)
    }

    @Test("a name that is too long says so")
    func longName() {
        let path = directory.path(of: String(repeating: "x", count: 256))
        #expect(error { () throws(FileError) in _ = try disk.status(at: path) } == .nameTooLong)
        #expect(
            error { () throws(FileError) in _ = try disk.open(path, .createNew) } == .nameTooLong)
    }

    @Test("a file system that may not be written says so")
    func readOnly() {
        // Not even root may make names in /proc and /sys; the kernel chooses the error.
        let thrown = error { () throws(FileError) in try disk.makeDirectory("/proc/varve") }
        let lawful: [SystemError] = [.notFound, .notPermitted, .accessDenied, .readOnly]
        #expect(thrown.map(lawful.contains) == true, "\(String(describing: thrown))")
    }

    @Test("names are refused where permission is missing", .enabled(if: geteuid() != 0))
    func permission() throws {
        let inner = directory.path(of: "inner")
        try disk.makeDirectory(inner)
        try #require(unsafe chmod(inner, 0) == 0)
        defer { _ = unsafe chmod(inner, 0o700) }
        #expect(
            error { () throws(FileError) in _ = try disk.open(inner + "/x", .createNew) }
                == .accessDenied)
        #expect(
            error { () throws(FileError) in _ = try disk.status(at: inner + "/x") }
                == .accessDenied)
    }

    @Test("nothing under a name is nil, not an error")
    func nothing() throws {
        #expect(try disk.status(at: directory.path(of: "missing")) == nil)
        #expect(try disk.status(at: directory.path(of: "missing/inner")) == nil)
        try #require(unsafe symlink("nowhere", directory.path(of: "dangling")) == 0)
        #expect(try disk.status(at: directory.path(of: "dangling")) == nil)
    }

    @Test("entries come with their kinds, links with what they lead to")
    func entries() throws {
        #expect(try disk.entries(of: directory.path).isEmpty)
        try directory.file("file").close()
        try disk.makeDirectory(directory.path(of: "inner"))
        try #require(unsafe mkfifo(directory.path(of: "pipe"), 0o600) == 0)
        for (target, name) in [("file", "a"), ("inner", "b"), ("nowhere", "c")] {
            try #require(unsafe symlink(target, directory.path(of: name)) == 0)
        }
        let found = try disk.entries(of: directory.path).sorted { $0.name < $1.name }
        #expect(
            found == [
                .init(name: "a", kind: .file), .init(name: "b", kind: .directory),
                .init(name: "c", kind: .other), .init(name: "file", kind: .file),
                .init(name: "inner", kind: .directory), .init(name: "pipe", kind: .other),
            ])
    }

    @Test("a directory of many and long names is listed whole")
    func manyEntries() throws {
        var names: Set<String> = []
        for number in 0..<1500 {
            let name = String(number) + String(repeating: "n", count: number % 250)
            names.insert(name)
            try directory.file(name).close()
        }
        #expect(Set(try disk.entries(of: directory.path).map(\.name)) == names)
    }

    @Test("a name that is not UTF-8 is listed and leads nowhere")
    func notUnicode() throws {
        let name = Array("\(directory.path)/x".utf8CString.dropLast()) + [-1, 0]
        let descriptor = unsafe Glibc.creat(name, 0o600)
        try #require(descriptor >= 0)
        _ = Glibc.close(descriptor)
        defer { _ = unsafe Glibc.unlink(name) }
        let found = try disk.entries(of: directory.path)
        #expect(found == [.init(name: "x\u{FFFD}", kind: .file)])
        #expect(try disk.status(at: directory.path(of: "x\u{FFFD}")) == nil)
    }

    @Test("renaming takes the place of another file in one step")
    func rename() throws {
        let first = try directory.file("first", [1])
        try directory.file("second", [1, 2]).close()
        let identity = try first.status().identity
        try disk.rename(first.path, to: directory.path(of: "second"))
        try disk.flushDirectory(directory.path)
        #expect(try disk.status(at: first.path) == nil)
        let found = try #require(try disk.status(at: directory.path(of: "second")))
        #expect(found.identity == identity)
        #expect(found.size == ByteCount(1))
    }

    @Test("removed names are gone, and an open file outlives its name")
    func removal() throws {
        let file = try directory.file("file", [1])
        try disk.makeDirectory(directory.path(of: "inner"))
        try disk.removeFile(file.path)
        try disk.removeDirectory(directory.path(of: "inner"))
        #expect(try disk.entries(of: directory.path).isEmpty)
        #expect(try file.size() == ByteCount(1))
    }

    @Test("free space is what statvfs tells an ordinary user")
    func freeSpace() throws {
        #expect(try disk.freeSpace(at: "/proc") == .zero)
        #expect(try disk.freeSpace(at: directory.path) > .zero)
    }
}
