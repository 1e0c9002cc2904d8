import Testing
import VarveTerms

@Suite("Sizes")
struct SizesTests {
    @Test("binary units are powers of 1024")
    func units() {
        #expect(ByteCount.kib(2).bytes == 2048)
        #expect(ByteCount.mib(3).bytes == 3_145_728)
        #expect(ByteCount.gib(1).bytes == 1_073_741_824)
    }

    @Test("sizes add and compare; positions move and measure")
    func arithmetic() {
        #expect(ByteCount(2) + ByteCount(3) == ByteCount(5))
        #expect(ByteCount(2) < ByteCount(3))
        #expect(FilePosition(10).advanced(by: -4) == FilePosition(6))
        #expect(FilePosition(10).distance(to: FilePosition(4)) == -6)
        #expect(RecordCount(1) + RecordCount(2) == RecordCount(3))
        #expect("\(ByteCount(7)) \(FilePosition(8)) \(RecordCount(9))" == "7 8 9")
    }
}
