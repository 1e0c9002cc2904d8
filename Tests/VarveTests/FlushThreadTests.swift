import Synchronization
import Testing
import Varve
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem

@Suite("FlushThread")
struct FlushThreadTests {
    private func batch() throws -> [UInt8] {
        var builder = RecordBatchBuilder()
        builder.begin()
        _ = try builder.append(
            key: nil, value: Array("value".utf8).rawSpan,
            timestamp: Timestamp(milliseconds: 1_000))
        var output = ByteBuffer()
        try builder.finish(with: Compressor(), into: &output)
        return output.bytes.array()
    }

    @Test("flushes run in its thread, and whoever waits for one sees it done")
    func runs() throws {
        let home = SimulatedLog()
        let directory = try DataDirectory(SimulatedLog.path, in: home.surroundings())
        let log = try directory.openLog(try #require(LogName(topic: "t", partition: 0)))
        let batch = try batch()
        // The first flush of a log is done in place.
        try log.append(batch.rawSpan)
        let doneCount = Mutex(0)
        do {
            let thread = FlushThread()
            for round in 1...50 {
                try log.write(batch.rawSpan, now: home.disk.clock.wallClock())
                let end = log.ends.written
                let job = Log.beginFlush(of: [log], by: thread) {
                    doneCount.withLock { $0 += 1 }
                }
                try log.write(batch.rawSpan, now: home.disk.clock.wallClock())
                thread.wait(for: job)
                #expect(job.isDone)
                try log.finishFlush()
                #expect(log.ends.flushed == end, "round \(round)")
                try log.flush()
            }
        }
        #expect(log.ends.flushed == log.ends.written)
        // The last one is told of behind whoever waits for it.
        #expect(doneCount.withLock { $0 } >= 49)
    }
}
