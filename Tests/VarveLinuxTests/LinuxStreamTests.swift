import Glibc
import Testing
import VarveBytes
import VarveSystem
import VarveTerms

@testable import VarveLinux

@Suite("LinuxStream")
struct LinuxStreamTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func read(_ stream: LinuxStream, _ sizeMax: Int) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: sizeMax)
        var span = buffer.mutableSpan
        var bytes = unsafe span.mutableBytes
        guard case .bytes(let count) = try stream.read(into: &bytes) else { return nil }
        return Array(buffer.prefix(count))
    }

    @Test("what is not there, and a directory, cannot be opened")
    func refused() {
        let missing = directory.path(of: "missing")
        #expect(throws: FileError(.open, missing, .notFound)) {
            try LinuxStream.open(reading: missing)
        }
        #expect(throws: FileError(.open, directory.path, .isDirectory)) {
            try LinuxStream.open(reading: directory.path)
        }
    }

    @Test("a full device refuses what is written, by the stream's name")
    func full() throws {
        let descriptor = unsafe open("/dev/full", O_WRONLY)
        let stream = LinuxStream(name: "the pipe", descriptor: descriptor, isOwned: true)
        #expect(throws: FileError(.write, "the pipe", .noSpace)) {
            try stream.write(Array("x".utf8).rawSpan)
        }
    }

    @Test("a stream that was closed by whoever started the program is an error, not a trap")
    func closed() {
        let stream = LinuxStream(name: "standard input", descriptor: 9999, isOwned: false)
        #expect(throws: FileError(.read, "standard input", .badFile)) { try read(stream, 8) }
        #expect(throws: FileError(.write, "standard input", .badFile)) {
            try stream.write(Array("x".utf8).rawSpan)
        }
    }

    @Test("a file is read to its end and has a size")
    func file() throws {
        _ = try directory.file("x", Array("varve".utf8))
        let stream = try LinuxStream.open(reading: directory.path(of: "x"))
        #expect(stream.size == ByteCount(5))
        #expect(!stream.isTerminal)
        #expect(stream.terminalWidth == nil)
        #expect(try read(stream, 3) == Array("var".utf8))
        #expect(try read(stream, 3) == Array("ve".utf8))
        #expect(try read(stream, 3) == nil)
    }

    @Test("a pipe has no size and ends with its writer")
    func pipe() throws {
        var ends: [Int32] = [0, 0]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        let reader = LinuxStream(name: "pipe", descriptor: ends[0], isOwned: true)
        do {
            let writer = LinuxStream(name: "pipe", descriptor: ends[1], isOwned: true)
            try writer.write(Array("varve".utf8).rawSpan)
        }
        #expect(reader.size == nil)
        #expect(try read(reader, 64) == Array("varve".utf8))
        #expect(try read(reader, 64) == nil)
    }

    @Test("a non-blocking pipe that is full takes everything once it is read from")
    func nonBlocking() throws {
        var ends: [Int32] = [0, 0]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        let reader = LinuxStream(name: "pipe", descriptor: ends[0], isOwned: true)
        let descriptor = ends[1]
        try #require(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
        let size = 1 << 20
        var thread = pthread_t()
        let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
            let descriptor = Int32(Int(bitPattern: $0))
            let writer = LinuxStream(name: "pipe", descriptor: descriptor, isOwned: true)
            let bytes = [UInt8](repeating: 7, count: 1 << 20)
            do { try writer.write(bytes.rawSpan) } catch {}
            return nil
        }
        let argument = unsafe UnsafeMutableRawPointer(bitPattern: Int(descriptor))
        try #require(unsafe pthread_create(&thread, nil, start, argument) == 0)
        var taken = 0
        while let part = try read(reader, 8192) { taken += part.count }
        pthread_join(thread, nil)
        #expect(taken == size)
    }
}
