import Testing
import VarveBytes
import VarveRecords
import VarveTerms

@testable import VarveLog

@Suite("PrewrittenSpace")
struct PrewrittenSpaceTests {
    private let kib = 1 << 10

    @Test("zeros are never more than the log has taken, nor than it may have")
    func steps() {
        let steps = [0, 63, 64, 100, 256, 4_096].map {
            PrewrittenSpace.step(appended: $0 * kib, flush: kib, most: 256 * kib) / kib
        }
        #expect(steps == [0, 0, 64, 100, 256, 256])
        #expect(PrewrittenSpace.step(appended: 600, flush: 100, most: 512) == 512)
        #expect(PrewrittenSpace.step(appended: 1 << 30, flush: kib, most: 0) == 0)
    }

    @Test("a flush of what is as dear to write twice as to make a file longer gets none")
    func largeFlushes() {
        let most = PrewrittenSpace.flushSizeMax
        #expect(PrewrittenSpace.step(appended: 1 << 30, flush: most, most: kib) == kib)
        #expect(PrewrittenSpace.step(appended: 1 << 30, flush: most + 1, most: kib) == 0)
    }

    @Test("zeros follow batches that made the file longer, to the end of a page")
    func places() {
        var space = PrewrittenSpace(size: 5_000)
        #expect(space.next(behind: 5_000, step: 8_192, sizeMax: 1 << 20) == nil)
        #expect(space.next(behind: 5_001, step: 8_192, sizeMax: 1 << 20) == 12_288)
        #expect(space.next(behind: 5_001, step: 100, sizeMax: 1 << 20) == 5_101)
        #expect(space.next(behind: 5_001, step: 0, sizeMax: 1 << 20) == nil)
        space.didReach(12_288)
        #expect(space.next(behind: 12_288, step: 8_192, sizeMax: 1 << 20) == nil)
        space.didReach(6_000)
        #expect(space.end == 12_288)
        space.didCut(to: 6_000)
        #expect(space.next(behind: 6_001, step: 8_192, sizeMax: 1 << 20) == 12_288)
    }

    @Test("zeros end where the segment does, and a batch larger than a segment has none")
    func segmentEnd() {
        let space = PrewrittenSpace(size: 0)
        #expect(space.next(behind: 900, step: 4_096, sizeMax: 1_024) == 1_024)
        #expect(space.next(behind: 1_024, step: 4_096, sizeMax: 1_024) == nil)
        #expect(space.next(behind: 2_000, step: 4_096, sizeMax: 1_024) == nil)
    }

    /// What recovery takes for the batch at a place where offset 1,000 is next.
    private func accepted(_ bytes: [UInt8]) -> BatchHeader? {
        guard let header = try? BatchCheck.structure(bytes.rawSpan),
            header.sizeInBytes == bytes.count, header.baseOffset >= 1_000,
            (try? BatchCheck.frame(bytes.rawSpan)) != nil
        else { return nil }
        return header
    }

    private func stamped(_ base: Int64, _ text: String) throws -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.append(try LogFixture.batch(text, padding: 40))
        var bytes = buffer.mutableBytes
        BatchPatch.stamp(&bytes, at: 0, baseOffset: Offset(base), leaderEpoch: LeaderEpoch(3))
        return buffer.bytes.array()
    }

    @Test("a batch that is torn over zeros, wherever a sector ends in it, is none or itself")
    func tornOverZeros() throws {
        let batch = try stamped(1_000, "new")
        for place in 0...batch.count {
            let front = Array(batch[..<place]) + [UInt8](repeating: 0, count: batch.count - place)
            let back = [UInt8](repeating: 0, count: place) + batch[place...]
            for torn in [front, back] where torn != batch {
                #expect(accepted(torn) == nil, "torn at \(place)")
            }
        }
        #expect(accepted(batch) != nil)
    }

    @Test("over an older batch of the same place it may pass for one that nobody appended")
    func tornOverOlderBatch() throws {
        // Why space is zeros and never an older segment: the bytes before the checksum, the base
        // offset among them, can be the new batch's, and everything behind them the old one's.
        let old = try stamped(7, "old")
        let new = try stamped(1_000, "new")
        let passing = (1..<old.count).filter { place in
            let torn = Array(new[..<place]) + old[place...]
            return torn != new && accepted(torn) != nil
        }
        #expect(passing == Array(8...17))
    }
}
