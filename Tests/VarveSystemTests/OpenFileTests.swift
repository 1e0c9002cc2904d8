import Synchronization
import Testing
import VarveSystem
import VarveTerms

@Suite("OpenFile")
struct OpenFileTests {
    @Test("a file that cannot be opened is not closed")
    func failedOpen() {
        let disk = ScriptedFileSystem(stride: 1)
        #expect(throws: FileError(.open, "missing", .notFound)) {
            _ = try OpenFile("missing", .read, in: disk)
        }
        #expect(disk.state.withLock { $0.closeCount } == 0)
    }

    @Test("a write that fails half-way says so, with what was taken before it in the file")
    func failedWrite() throws {
        let disk = ScriptedFileSystem(stride: 2)
        disk.state.withLock { $0.failure = (call: 2, error: .noSpace) }
        let file = try OpenFile("file", .readWrite, in: disk)
        let bytes: [UInt8] = [1, 2, 3, 4, 5]
        #expect(throws: FileError(.write, "file", .noSpace)) {
            try file.write(unsafe bytes.span.bytes, at: .zero)
        }
        #expect(disk.state.withLock { $0.content } == [1, 2, 3, 4])
    }

    @Test("a file system that takes nothing is reported, not asked for ever")
    func stuckWrite() throws {
        let disk = ScriptedFileSystem(stride: 0)
        let file = try OpenFile("file", .readWrite, in: disk)
        let bytes: [UInt8] = [1]
        #expect(throws: FileError(.write, "file", .inputOutput, at: FilePosition(7))) {
            try file.write(unsafe bytes.span.bytes, at: FilePosition(7))
        }
        #expect(disk.state.withLock { $0.calls } == 1)
    }

    @Test("a read that fails half-way throws")
    func failedRead() throws {
        let disk = ScriptedFileSystem(stride: 2, content: [1, 2, 3, 4, 5])
        disk.state.withLock { $0.failure = (call: 1, error: .inputOutput) }
        let file = try OpenFile("file", .read, in: disk)
        #expect(throws: FileError(.read, "file", .inputOutput)) {
            _ = try Self.read(file, 5, at: .zero)
        }
    }

    @Test("what closing says is thrown, and closing is not tried again")
    func failedClose() throws {
        let disk = ScriptedFileSystem(stride: 1)
        disk.state.withLock { $0.closeError = .inputOutput }
        #expect(throws: FileError(.close, "file", .inputOutput)) {
            let file = try OpenFile("file", .read, in: disk)
            try file.close()
        }
        #expect(disk.state.withLock { $0.closeCount } == 1)
    }

    @Test("short reads and writes are carried on", arguments: [1, 2, 3, 64])
    func shortTransfers(stride: Int) throws {
        let disk = ScriptedFileSystem(stride: stride)
        let file = try OpenFile("file", .readWrite, in: disk)
        let bytes: [UInt8] = [1, 2, 3, 4, 5, 6, 7]
        try file.write(unsafe bytes.span.bytes, at: FilePosition(2))
        #expect(try Self.read(file, 7, at: FilePosition(2)) == bytes)
        #expect(try Self.read(file, 20, at: FilePosition(6)) == [5, 6, 7])
        #expect(try Self.read(file, 4, at: FilePosition(9)) == [])
        #expect(try file.size() == ByteCount(9))
    }

    @Test("a file is closed once, by its owner's end or by hand")
    func closedOnce() throws {
        let disk = ScriptedFileSystem(stride: 1)
        do { _ = try OpenFile("file", .read, in: disk) }
        #expect(disk.state.withLock { $0.closeCount } == 1)
        let file = try OpenFile("file", .read, in: disk)
        try file.close()
        #expect(disk.state.withLock { $0.closeCount } == 2)
        #expect(disk.state.withLock { $0.openCount } == 2)
    }

    private static func read(
        _ file: borrowing OpenFile, _ size: Int, at position: FilePosition
    ) throws(FileError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: size)
        var span = buffer.mutableSpan
        var bytes = unsafe span.mutableBytes
        let count = try file.read(into: &bytes, at: position)
        return Array(buffer.prefix(count))
    }
}
