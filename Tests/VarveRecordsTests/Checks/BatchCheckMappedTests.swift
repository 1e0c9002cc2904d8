import Foundation
import Testing
import VarveBytes
import VarveRecords

/// A file of two pages, mapped, whose end a test can cut off.
@safe
private final class MappedFile {
    private let base: UnsafeMutableRawPointer
    let size = 2 * Int(getpagesize())
    private let descriptor: Int32

    init(_ bytes: [UInt8], at position: Int) {
        var path = Array("/tmp/varve-records-XXXXXX".utf8CString)
        descriptor = unsafe mkstemp(&path)
        unsafe unlink(path)
        ftruncate(descriptor, off_t(size))
        unsafe pwrite(descriptor, bytes, bytes.count, off_t(position))
        guard let base = unsafe mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0) else {
            preconditionFailure("no mapping")
        }
        unsafe self.base = base
    }

    func cut(to count: Int) { ftruncate(descriptor, off_t(count)) }

    func frameDefect(at position: Int) -> BatchDefect? {
        do throws(BatchDefect) {
            let bytes = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: size)
            _ = try BatchCheck.frame(mapped: bytes, at: position)
            return nil
        } catch { return error }
    }

    deinit {
        unsafe munmap(base, size)
        close(descriptor)
    }
}

@Suite struct BatchCheckMappedTests {
    @Test("a file that was cut under its mapping is unreadable, and the process goes on")
    func cutFile() {
        let page = Int(getpagesize())
        let position = page - 70
        let file = MappedFile(Golden.none, at: position)
        #expect(file.frameDefect(at: position) == nil)
        file.cut(to: page)
        #expect(file.frameDefect(at: position) == .unreadable)
        file.cut(to: 0)
        #expect(file.frameDefect(at: position) == .unreadable)
    }

    @Test("a header that crosses into a page that is gone is unreadable")
    func cutHeader() {
        let page = Int(getpagesize())
        let file = MappedFile(Golden.none, at: page - 10)
        #expect(file.frameDefect(at: page - 10) == nil)
        file.cut(to: page)
        #expect(file.frameDefect(at: page - 10) == .unreadable)
    }

    @Test("in memory that is there it finds what the plain check finds")
    func sameDefects() {
        for place in Golden.none.indices {
            var bytes = Golden.none
            bytes[place] ^= 0x10
            let file = MappedFile(bytes, at: 0)
            let plain = frameDefect(bytes + [UInt8](repeating: 0, count: file.size - bytes.count))
            #expect(file.frameDefect(at: 0) == plain, "byte \(place)")
        }
    }
}
