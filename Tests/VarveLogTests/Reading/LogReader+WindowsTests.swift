import Testing
import VarveBytes
import VarveLinux
import VarveLog
import VarveRecords
import VarveSystem
import VarveTerms

@Suite("LogReader, piece by piece")
struct LogReaderWindowsTests {
    @Test(
        "a copying reader hands out whole batches, wherever one reaches past what it copied",
        arguments: [ByteCount(1), .kib(64), .kib(150), .kib(256), .mib(1)])
    func copied(sizeMax: ByteCount) throws {
        try withTemporaryDirectory { path in
            let directory = try DataDirectory(path, in: LogFixture.linux())
            let log = try directory.openLog(LogFixture.name)
            for number in 0..<12 {
                let batch = try LogFixture.batch("v\(number)", padding: 90_000 + 7 * number)
                try log.append(batch.rawSpan)
            }
            try directory.close()
            let view = try ReadOnlyLog(
                LogFixture.name, in: path, fileSystem: LinuxFileSystem())
            var next = Offset.zero
            while case .batches(let batches) = try view.read(from: next, sizeMax: sizeMax) {
                #expect(batches.offsets.lowerBound == next)
                var position = 0
                while let header = BatchHeader(batches.bytes, at: position) {
                    #expect(Offset(header.baseOffset) == next)
                    _ = try BatchCheck.frame(batches.bytes, at: position)
                    position += header.sizeInBytes
                    next = next.advanced(by: 1)
                }
                #expect(position == batches.size.bytes)
                #expect(batches.nextOffset == next)
            }
            #expect(next == Offset(12))
        }
    }
}
