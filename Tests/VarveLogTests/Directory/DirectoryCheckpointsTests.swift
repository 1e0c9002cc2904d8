import Testing
import VarveLog
import VarveSim
import VarveTerms

@Suite("DirectoryCheckpoints")
struct DirectoryCheckpointsTests {
    @Test("a checkpoint names what is flushed, not what is only written")
    func flushedEnd() throws {
        let on = try LogOnDisk(settings: LogFixture.smallSegments(.pageCache))
        try on.append(0..<2)
        try on.log.flush()
        try on.append(2..<4)
        #expect(on.log.ends.flushed < on.log.ends.written)
        try on.directory.checkpoint()
        for name in [
            OffsetCheckpoint.recoveryPointFileName, OffsetCheckpoint.highWatermarkFileName,
        ] {
            let rows = try OffsetCheckpoint.load(LogOnDisk.path + "/" + name, in: on.disk)
            #expect(rows?.offsets == [LogFixture.name: on.log.ends.flushed])
        }
        // So a power cut is no damage: what was never flushed may be gone.
        let next = try on.powerCut()
        #expect(next.log.recovery.damaged == [])
        #expect(next.log.ends.written >= on.log.ends.flushed)
    }
}
