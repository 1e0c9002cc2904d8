import CVarve
import Glibc
import Testing
import VarveBytes
import VarveLinux
import VarveSystem
import VarveTerms

@Suite("LinuxFileSystem, mappings and guarded reads")
struct LinuxFileSystemMapTests {
    static let page = sysconf(Int32(_SC_PAGESIZE))

    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    @Test("a mapping that Linux refuses is an error")
    func refused() throws {
        let file = try directory.file("file")
        let thrown = TemporaryDirectory.error { () throws(FileError) in
            _ = try file.map(size: ByteCount(Int.max))
        }
        #expect(thrown?.operation == .map)
        #expect(thrown?.path == file.path)
    }

    @Test("bytes past the end of the file are answered with nil, and those before still serve")
    func cutShort() throws {
        let page = Self.page
        let content = (0..<4 * page).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try directory.file("file", content)
        let mapping = try file.map(size: ByteCount(content.count))
        let whole = mapping.bytes(in: 0..<content.count)
        #expect(CRC32C.checksum(mapped: whole) == CRC32C.checksum(content.rawSpan))

        try file.resize(to: ByteCount(page))
        for _ in 0..<3 {
            #expect(CRC32C.checksum(mapped: whole) == nil)
            #expect(CRC32C.checksum(mapped: mapping.bytes(in: page..<page + 1)) == nil)
            #expect(CRC32C.checksum(mapped: mapping.bytes(in: page - 1..<page + 1)) == nil)
        }
        let rest = mapping.bytes(in: 0..<page)
        #expect(
            CRC32C.checksum(mapped: rest)
                == CRC32C.checksum(content.rawSpan.extracting(0..<page)))

        try file.resize(to: ByteCount(4 * page))
        let zeros = [UInt8](repeating: 0, count: 3 * page)
        #expect(
            CRC32C.checksum(mapped: mapping.bytes(in: page..<4 * page))
                == CRC32C.checksum(zeros.rawSpan))
    }

    @Test("copies of lost bytes fail and copies of kept bytes do not")
    func guardedCopy() throws {
        let page = Self.page
        let file = try directory.file("file", [UInt8](repeating: 9, count: 2 * page))
        let mapping = try file.map(size: ByteCount(2 * page))
        try file.resize(to: ByteCount(page))
        var target = [UInt8](repeating: 0, count: page)
        func copy(_ range: Range<Int>) -> Int32 {
            unsafe mapping.bytes(in: range).withUnsafeBytes { source in
                unsafe varve_guarded_copy(&target, source.baseAddress, source.count)
            }
        }
        #expect(copy(page..<2 * page) == -1)
        #expect(copy(page - 8..<page + 8) == -1)
        #expect(copy(0..<page) == 0)
        #expect(target == [UInt8](repeating: 9, count: page))
        #expect(copy(2 * page..<2 * page) == 0)
    }

    @Test("under a shield lost pages read as zeros, and the answer does not count")
    func shielded() throws {
        let page = Self.page
        let file = try directory.file("file", [UInt8](repeating: 9, count: 4 * page))
        let mapping = try file.map(size: ByteCount(4 * page))
        let whole = mapping.bytes(in: 0..<4 * page)
        #expect(GuardedBytes.shielding(whole) { CRC32C.checksum(whole) } != nil)
        try file.resize(to: ByteCount(page))
        var seen: [UInt8] = []
        let rest = mapping.bytes(in: page - 1..<4 * page)
        let answer = GuardedBytes.shielding(rest) {
            seen = [rest.uint8(at: 0), rest.uint8(at: 1), rest.uint8(at: 3 * page)]
            // A guarded call within has its own answer.
            return CRC32C.checksum(mapped: mapping.bytes(in: 2 * page..<2 * page + 1))
        }
        #expect(answer == nil && seen == [9, 0, 0])
    }

    @Test("outside of what is shielded a lost page still ends the process")
    func besideTheShield() async {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            signal(SIGBUS, SIG_DFL)
            let directory = try TemporaryDirectory()
            let page = LinuxFileSystemMapTests.page
            let file = try directory.file("file")
            let mapping = try file.map(size: ByteCount(4 * page))
            directory.remove()
            _ = GuardedBytes.shielding(mapping.bytes(in: 0..<page)) {
                CRC32C.checksum(mapping.bytes(in: page..<page + 8))
            }
        }
    }

    @Test("many threads meet lost bytes at once, again and again, and all live")
    func manyThreads() async throws {
        let page = Self.page
        let content = (0..<2 * page).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let file = try directory.file("file", content)
        let mapping = try file.map(size: ByteCount(2 * page))
        try file.resize(to: ByteCount(page))
        let kept = CRC32C.checksum(content.rawSpan.extracting(0..<page))
        let wrong = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var wrong = 0
                    for turn in 0..<500 {
                        let lost = mapping.bytes(in: page + turn..<2 * page)
                        if CRC32C.checksum(mapped: lost) != nil { wrong += 1 }
                        let rest = mapping.bytes(in: 0..<page)
                        if CRC32C.checksum(mapped: rest) != kept { wrong += 1 }
                    }
                    return wrong
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wrong == 0)
    }

    @Test("a fault leaves the thread's signal mask as it was")
    func signalMask() throws {
        let file = try directory.file("file")
        let mapping = try file.map(size: ByteCount(Self.page))
        #expect(CRC32C.checksum(mapped: mapping.bytes(in: 0..<1)) == nil)
        var mask = sigset_t()
        unsafe pthread_sigmask(SIG_SETMASK, nil, &mask)
        #expect(unsafe sigismember(&mask, SIGBUS) == 0)
    }

    @Test("a fault outside of a guarded call still ends the process")
    func unguarded() async {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            signal(SIGBUS, SIG_DFL)
            let directory = try TemporaryDirectory()
            let file = try directory.file("file")
            let mapping = try file.map(size: ByteCount(4096))
            directory.remove()
            precondition(CRC32C.checksum(mapped: mapping.bytes(in: 0..<8)) == nil)
            _ = CRC32C.checksum(mapping.bytes(in: 0..<8))
        }
    }

    @Test("a SIGBUS sent by somebody ends the process, too")
    func sentSignal() async {
        await #expect(processExitsWith: .signal(SIGBUS)) {
            signal(SIGBUS, SIG_DFL)
            precondition(CRC32C.checksum(mapped: ([1] as [UInt8]).rawSpan) != nil)
            raise(SIGBUS)
        }
    }

    @Test("a SIGBUS that was ignored before stays ignored when it is sent")
    func ignoredSignal() async {
        await #expect(processExitsWith: .exitCode(7)) {
            signal(SIGBUS, SIG_IGN)
            precondition(CRC32C.checksum(mapped: ([1] as [UInt8]).rawSpan) != nil)
            raise(SIGBUS)
            exit(7)
        }
    }

    @Test("the handler that stood before gets the faults that are not ours")
    func previousHandler() async {
        await #expect(processExitsWith: .exitCode(5)) {
            signal(SIGBUS) { _ in _exit(5) }
            let directory = try TemporaryDirectory()
            let file = try directory.file("file")
            let mapping = try file.map(size: ByteCount(4096))
            directory.remove()
            precondition(CRC32C.checksum(mapped: mapping.bytes(in: 0..<8)) == nil)
            _ = CRC32C.checksum(mapping.bytes(in: 0..<8))
        }
        await #expect(processExitsWith: .exitCode(6)) {
            var action = sigaction()
            action.sa_flags = SA_SIGINFO
            unsafe action.__sigaction_handler.sa_sigaction = { _, found, _ in
                _exit(unsafe found?.pointee.si_signo == SIGBUS ? 6 : 1)
            }
            _ = unsafe sigaction(SIGBUS, &action, nil)
            precondition(CRC32C.checksum(mapped: ([1] as [UInt8]).rawSpan) != nil)
            raise(SIGBUS)
        }
    }

    @Test("bytes written after mapping are seen, past the old end as well")
    func laterWrites() throws {
        let file = try directory.file("file", [1, 2, 3])
        let mapping = try file.map(size: .mib(1))
        #expect(mapping.count == 1 << 20)
        try file.write(([9, 8, 7, 6] as [UInt8]).rawSpan, at: FilePosition(2))
        #expect(mapping.bytes(in: 0..<6).array() == [1, 2, 9, 8, 7, 6])
    }

    @Test("a mapping of no bytes works and outlives the open file like any other")
    func empty() throws {
        let file = try directory.file("file", [1])
        let nothing = try file.map(size: .zero)
        let one = try file.map(size: ByteCount(1))
        try file.close()
        #expect(nothing.count == 0)
        #expect(nothing.bytes(in: 0..<0).array() == [])
        #expect(CRC32C.checksum(mapped: nothing.bytes(in: 0..<0)) == 0)
        #expect(one.bytes(in: 0..<1).array() == [1])
    }

    @Test("the last owner takes the mapping down")
    func unmapped() throws {
        let file = try directory.file("mapped-once", [1])
        do {
            let mapping = try file.map(size: ByteCount(1))
            #expect(try Self.mappings().contains("mapped-once"))
            #expect(mapping.count == 1)
        }
        #expect(try Self.mappings().contains("mapped-once") == false)
    }

    /// What the kernel says is mapped into this process.
    private static func mappings() throws -> String {
        let disk = LinuxFileSystem()
        let file = try OpenFile("/proc/self/maps", .read, in: disk)
        var text: [UInt8] = []
        while true {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            var span = buffer.mutableSpan
            var bytes = unsafe span.mutableBytes
            let count = try file.read(into: &bytes, at: FilePosition(text.count))
            if count == 0 { return String(decoding: text, as: UTF8.self) }
            text += buffer.prefix(count)
        }
    }
}
