import Glibc
import Testing
import VarveSystem
import VarveTerms

@testable import VarveLinux

@Suite("LinuxProcess")
struct LinuxProcessTests {
    @Test("text that is no 128-bit hexadecimal number is refused")
    func malformedID() {
        let whole = "b1946ac9-2492-d234-7c62-35b4d2611184"
        #expect(UniqueID(hexadecimal: Array("".utf8)) == nil)
        #expect(UniqueID(hexadecimal: whole.utf8.dropLast()) == nil)
        #expect(UniqueID(hexadecimal: Array(whole.utf8.map { $0 == 0x62 ? 0x67 : $0 })) == nil)
    }

    @Test("a boot id is read from the kernel's text")
    func wholeID() {
        let text = Array("b1946ac9-2492-d234-7c62-35b4d2611184\n".utf8)
        let id = UniqueID(high: 0xb194_6ac9_2492_d234, low: 0x7c62_35b4_d261_1184)
        #expect(UniqueID(hexadecimal: text) == id)
    }

    @Test("the boot id stays the same while the system runs")
    func boot() throws {
        let stream = try LinuxStream.open(reading: "/proc/sys/kernel/random/boot_id")
        var text = [UInt8](repeating: 0, count: 64)
        var span = text.mutableSpan
        var bytes = unsafe span.mutableBytes
        #expect(try stream.read(into: &bytes) == .bytes(37))
        #expect(UniqueID(hexadecimal: text) == LinuxProcess.bootID)
    }

    @Test("the process knows its own number")
    func processID() { #expect(LinuxProcess.processID == getpid()) }
}
