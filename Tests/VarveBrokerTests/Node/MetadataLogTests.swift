import Testing
import VarveBytes
import VarveLog
import VarveMetadata
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms
import VarveWire

@testable import VarveBroker

@Suite("MetadataLog")
struct MetadataLogTests {
    private let disk = SimulatedDisk()

    /// Writes a log with a snapshot at each of three places, and closes it.
    private func prepare() throws -> (image: ClusterImage, names: [SnapshotName]) {
        let scene = try MetadataScene(disk)
        for number in 0..<3 {
            try scene.metadata.lead(as: 1, at: scene.now)
            try scene.set(number)
            try scene.metadata.writeSnapshot(at: scene.now)
        }
        try scene.set(3)
        let result = (scene.image, try scene.snapshots)
        try scene.directory.close()
        return result
    }

    private func path(_ name: SnapshotName) -> String { MetadataScene.folder + "/" + name.file }

    private func damage(_ name: SnapshotName) throws {
        var bytes = try #require(disk.contents(path(name)))
        bytes[bytes.count / 2] ^= 1
        disk.setContents(path(name), bytes)
    }

    // MARK: What cannot be read

    @Test("as long as it cannot go on nothing is flushed or taken, whatever the log has lost")
    func halfResumed() throws {
        var failureCount = 0
        for ordinal in 0..<16 {
            let scene = try MetadataScene(SimulatedDisk())
            try scene.set(1)
            let kept = scene.image
            try scene.metadata.append([MetadataScene.config("p2", "lost")], at: scene.now)
            scene.disk.failNext(.flush, with: .inputOutput)
            #expect(throws: LogError.self) { try scene.metadata.flush() }
            scene.disk.fail(ordinal: ordinal, with: .inputOutput)
            if (try? scene.metadata.resume(at: scene.now)) == nil {
                failureCount += 1
                scene.disk.clearFaults()
                #expect(throws: LogError.self, "call \(ordinal)") { try scene.metadata.flush() }
                #expect(throws: BrokerError.self) { try scene.set(2) }
                try scene.metadata.resume(at: scene.now)
            }
            #expect(scene.image == kept, "call \(ordinal)")
            try scene.set(2)
        }
        #expect(failureCount > 3)
    }

    @Test("a record of a kind that nobody knows is refused with its offset and key")
    func unknownRecord() throws {
        let scene = try MetadataScene(disk)
        try scene.set(0)
        var builder = RecordBatchBuilder()
        builder.begin()
        // Frame 1, record 77, version 0.
        let value: [UInt8] = [1, 77, 0, 0]
        _ = try builder.append(key: nil, value: value.rawSpan, timestamp: scene.now)
        _ = try builder.seal()
        try scene.metadata.log.append(builder.sealedBytes)
        try scene.directory.close()
        let error = #expect(throws: BrokerError.self) { try MetadataScene(disk) }
        #expect(error?.description.contains("at offset 1: ") == true)
        #expect(error?.description.contains("unknownRecord(77)") == true)
    }

    @Test("records that are in no snapshot and not in the log are missed, with the file's name")
    func gap() throws {
        let names = try prepare().names
        let scene = try MetadataScene(disk)
        try scene.metadata.log.roll()
        try scene.metadata.log.deleteRecords(before: scene.metadata.log.ends.written)
        try scene.directory.close()
        let error = #expect(throws: BrokerError.self) { try MetadataScene(disk) }
        guard case .metadataGap(MetadataScene.folder, start: Offset(7))? = error else {
            Issue.record("\(String(describing: error)) \(names)")
            return
        }
    }

    @Test("a log that ends before its snapshot has lost records")
    func tooShort() throws {
        _ = try prepare()
        let late = SnapshotName(offset: Offset(99), epoch: LeaderEpoch(3))
        disk.setContents(path(late), [])
        let error = #expect(throws: BrokerError.self) { try MetadataScene(disk) }
        #expect(error?.description.contains("ends at offset 7, before its snapshot") == true)
    }

    // MARK: Snapshots

    @Test("the newest snapshot and the records behind it make the image")
    func newest() throws {
        let (image, names) = try prepare()
        let scene = try MetadataScene(disk)
        #expect(scene.image == image && scene.metadata.state.snapshot == names.last)
        try scene.directory.close()
    }

    @Test("a damaged snapshot is passed over while the log has what an older one lacks")
    func damagedSnapshots() throws {
        let (image, names) = try prepare()
        for count in 1...3 {
            try damage(names[names.count - count])
            let scene = try MetadataScene(disk)
            #expect(scene.image == image)
            #expect(scene.metadata.state.snapshot == names.dropLast(count).last)
            try scene.directory.close()
        }
    }

    @Test("a damaged snapshot without which records are missing is named")
    func damagedAndNeeded() throws {
        let names = try prepare().names
        let scene = try MetadataScene(disk)
        try scene.metadata.log.deleteRecords(before: names[2].offset)
        try scene.directory.close()
        try damage(names[2])
        let error = #expect(throws: BrokerError.self) { try MetadataScene(disk) }
        guard case .snapshot(path: let found, .batch)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == path(names[2]))
    }

    @Test("what a crash of another broker left beside the snapshots is removed")
    func leftovers() throws {
        let names = try prepare().names
        for end in [".part", ".deleted"] { disk.setContents(path(names[0]) + end, [1]) }
        disk.setContents(path(names[0]) + ".other", [1])
        let scene = try MetadataScene(disk)
        let left = disk.paths.filter { $0.contains(".checkpoint.") }
        #expect(left == [path(names[0]) + ".other"])
        try scene.directory.close()
    }

    @Test("a snapshot is written when there is enough behind the last one, or after a while")
    func due() throws {
        let scene = try MetadataScene(disk, MetadataScene.tight)
        try scene.metadata.keepHouse(at: scene.now)
        try scene.set(0)
        try scene.metadata.keepHouse(at: scene.now)
        #expect(try scene.snapshots == [])
        disk.clock.advance(by: .seconds(3600))
        try scene.metadata.keepHouse(at: scene.now)
        #expect(try scene.snapshots.map(\.offset) == [Offset(1)])
        disk.clock.advance(by: .seconds(3600))
        try scene.metadata.keepHouse(at: scene.now)
        #expect(try scene.snapshots.map(\.offset) == [Offset(1)])
        for number in 0..<3 { try scene.set(number) }
        try scene.metadata.keepHouse(at: scene.now)
        #expect(try scene.snapshots.map(\.offset) == [Offset(4)])
        try scene.directory.close()
    }

    @Test("the log before the oldest snapshot goes, so that neither grows for ever")
    func bounded() throws {
        let scene = try MetadataScene(disk, MetadataScene.tight)
        var sizeMax = 0
        for number in 0..<200 {
            try scene.set(number)
            try scene.metadata.keepHouse(at: scene.now)
            sizeMax = max(sizeMax, scene.metadata.log.size.bytes)
        }
        #expect(sizeMax < 4096)
        #expect(try scene.snapshots.count == 1)
        #expect(scene.metadata.log.ends.start > Offset(190))
        let image = scene.image
        try scene.directory.close()
        let again = try MetadataScene(disk, MetadataScene.tight)
        #expect(again.image == image)
        try again.directory.close()
    }

    @Test("snapshots that are old go, but for the newest")
    func age() throws {
        var keeping = MetadataKeeping()
        keeping.retentionAge = .seconds(7200)
        let scene = try MetadataScene(disk, keeping)
        for number in 0..<5 {
            disk.clock.advance(by: .seconds(3600))
            try scene.set(number)
            try scene.metadata.keepHouse(at: scene.now)
        }
        #expect(try scene.snapshots.map(\.offset.rawValue) == [3, 4, 5])
        try scene.directory.close()
    }

    // MARK: Leading

    @Test("each life leads in a higher epoch, also than that of a snapshot")
    func epochs() throws {
        for life in 1...3 {
            let scene = try MetadataScene(disk)
            try scene.metadata.lead(as: 1, at: scene.now)
            try scene.set(life)
            #expect(scene.metadata.log.latestEpoch == LeaderEpoch(Int32(life)))
            try scene.directory.close()
        }
    }

    @Test("a transaction that the leader before left open is given up")
    func openTransaction() throws {
        let first = try MetadataScene(disk)
        try first.set(0)
        let image = first.image
        try first.metadata.append(
            [.beginTransaction(BeginTransactionRecord(name: "x"))], at: first.now)
        try first.set(1)
        #expect(first.image != image)
        try first.metadata.writeSnapshot(at: first.now)
        #expect(try first.snapshots == [])
        try first.directory.close()
        let second = try MetadataScene(disk)
        try second.metadata.lead(as: 1, at: second.now)
        #expect(second.image == image)
        try second.directory.close()
        let third = try MetadataScene(disk)
        #expect(third.image == image && !third.metadata.state.replay.isInTransaction)
        try third.directory.close()
    }
}
