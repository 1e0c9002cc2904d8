import Testing
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("TrailingZeros")
struct TrailingZerosTests {
    @Test("zeros start behind the last byte that is none, wherever pieces and words end")
    func places() {
        let disk = SimulatedDisk()
        func start(_ bytes: [UInt8], from start: Int = 0) -> Int {
            disk.setContents("/f", bytes)
            return TrailingZeros.start(in: "/f", from: start, to: bytes.count, disk)
        }
        let zeros = { (count: Int) in [UInt8](repeating: 0, count: count) }
        #expect(start([]) == 0)
        #expect(start(zeros(200_000)) == 0)
        #expect(start(zeros(200_000), from: 70_001) == 70_001)
        for place in [0, 6, 7, 8, 65_535, 65_536, 65_537, 131_071, 199_999] {
            var bytes = zeros(200_000)
            bytes[place] = 1
            #expect(start(bytes) == place + 1)
            #expect(start(bytes, from: place) == place + 1)
            #expect(start(bytes, from: place + 1) == place + 1)
        }
    }

    @Test("what cannot be read counts as bytes")
    func unreadable() {
        let disk = SimulatedDisk()
        #expect(TrailingZeros.start(in: "/none", from: 10, to: 90, disk) == 90)
        disk.setContents("/f", [UInt8](repeating: 0, count: 90))
        disk.failNext(.read, with: .inputOutput)
        #expect(TrailingZeros.start(in: "/f", from: 10, to: 90, disk) == 90)
        #expect(TrailingZeros.start(in: "/f", from: 10, to: 91, disk) == 91, "it is shorter")
    }

    @Test("zeros at the end are trimmed, and are no loss")
    func zeroTail() throws {
        let home = try LogOnDisk()
        try home.append(0..<5)
        let file = LogOnDisk.file(0)
        let size = home.log.size.bytes
        for count in [1, 17, 61, 4_096, 70_000] {
            let again = try home.killed { disk in
                disk.overwrite(
                    file, [UInt8](repeating: 0, count: count),
                    at: FilePosition(size))
            }
            #expect(again.log.recovery.cut == nil && again.log.recovery.isClean)
            #expect(again.log.recovery.trimmedSize == ByteCount(count))
            #expect(again.disk.contents(file)?.count == size)
            try again.append(5..<7)
            #expect(try again.killed().values() == LogOnDisk.values(0..<7))
        }
    }

    @Test("zeros behind a torn write are no part of the cut, from the next sector on")
    func behindTear() throws {
        let home = try LogOnDisk()
        try home.append(0..<5)
        let size = home.log.size.bytes
        let again = try home.killed { disk in
            disk.overwrite(LogOnDisk.file(0), [1, 2, 3], at: FilePosition(size))
            disk.overwrite(LogOnDisk.file(0), [0], at: FilePosition(8_191))
        }
        let end = (size + 3 + 511) / 512 * 512
        #expect(again.log.recovery.cut?.size == ByteCount(end - size))
        #expect(again.log.recovery.trimmedSize == ByteCount(8_192 - end))
        #expect(again.disk.contents(LogOnDisk.file(0))?.count == size)
    }

    @Test("zeros are a loss where the owner said that it had come further")
    func zerosWithinWritten() throws {
        let pages = LogFixture.smallSegments(.pageCache)
        let home = try LogOnDisk(settings: pages)
        try home.append(0..<5)
        let again = try home.killed(settings: pages) { disk in
            let length = disk.contents(LogOnDisk.file(0))?.count ?? 0
            disk.overwrite(
                LogOnDisk.file(0), [UInt8](repeating: 0, count: length - 310), at: FilePosition(310)
            )
        }
        let found = try #require(again.log.recovery.cut)
        #expect(found.standing == .possiblyAcknowledged(again.log.ends.written..<Offset(10)))
    }
}
