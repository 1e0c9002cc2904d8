import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite struct ProducerVerificationTests {
    private func findings(_ disk: SimulatedDisk) throws -> [Finding] {
        var found: [Finding] = []
        _ = try Verification.directory(LogOnDisk.path, in: disk) { finding in
            if finding.severity != .note { found.append(finding) }
        }
        return found
    }

    /// A closed log with an aborted transaction at offsets 1 to 3 and an open one from 4 on.
    private func closed() throws -> SimulatedDisk {
        let log = try LogOnDisk()
        for (id, sequence, isTransactional) in [(1, 0, false), (2, 0, true), (2, 1, true)] {
            try log.append(
                bytes: try LogFixture.produced(
                    Int64(id), sequence: Int32(sequence), isTransactional: isTransactional))
        }
        try log.append(
            bytes: try LogFixture.marker(.abort, of: 2, timestamp: 1_000), checking: .frame)
        try log.append(bytes: try LogFixture.produced(2, sequence: 2, isTransactional: true))
        try log.directory.close()
        return log.disk.processDeath()
    }

    @Test("what a log wrote of its producers is what its batches say")
    func sound() throws {
        #expect(try findings(closed()) == [])
    }

    @Test("an entry that the batches contradict is found, with its offsets")
    func wrongEntry() throws {
        let disk = try closed()
        let path = LogOnDisk.file(0, "txnindex")
        let sound = try #require(disk.contents(path))
        for damage in [
            [], sound.replacing(at: 9, with: 3), sound + sound.replacing(at: 25, with: 9),
        ] {
            disk.setContents(path, damage)
            let found = try findings(disk)
            #expect(found.map(\.path) == [path], "\(found)")
            #expect(found.first?.offsets?.isEmpty == false)
        }
    }

    @Test("a snapshot that its batches contradict is found")
    func wrongSnapshot() throws {
        let disk = try closed()
        let path = LogOnDisk.file(5, "snapshot")
        let content = try #require(disk.contents(path))
        let sound = try #require(ProducerSnapshotFile(parsing: content))
        var lying = sound
        lying.producers[1].lastSequence += 1
        var incomplete = sound
        incomplete.producers.removeLast()
        var inventive = sound
        inventive.producers[0].producerId = 99
        for wrong in [lying, incomplete, inventive] {
            let states = try #require(ProducerSnapshotFile(parsing: wrong.printed()))
            #expect(!states.isCRCRight)
            disk.setContents(path, wrong.resealed())
            let found = try findings(disk)
            #expect(found.map(\.path) == [path], "\(found)")
        }
        disk.setContents(path, sound.printed())
        #expect(try findings(disk) == [])
    }
}

extension [UInt8] {
    fileprivate func replacing(at place: Int, with byte: UInt8) -> [UInt8] {
        var changed = self
        changed[place] = byte
        return changed
    }
}

extension ProducerSnapshotFile {
    /// The content of the file with a checksum that holds.
    fileprivate func resealed() -> [UInt8] {
        let content = printed()
        var sealed = self
        sealed.crc = CRC32C.checksum(content.rawSpan.extracting(6..<content.count))
        return sealed.printed()
    }
}
