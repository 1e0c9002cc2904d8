import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("WholeFile")
struct WholeFileTests {
    private let path = "/f"
    private let old = Array("the old content".utf8)
    private let new = Array("the new content, which is longer".utf8)

    /// A disk with the old content at `path`, and perhaps a `.tmp` that an earlier life left.
    private func disk(leftover: [UInt8]? = nil) -> SimulatedDisk {
        let disk = SimulatedDisk()
        disk.setContents(path, old)
        if let leftover { disk.setContents(path + ".tmp", leftover) }
        // Long contents are written in pieces, so that a crash finds them in the middle of it.
        disk.shortTransfers = .everyCall(sizeMax: 20)
        return disk
    }

    /// Every content, nil for none, that power cuts at any moment of the disk's life may leave.
    private func contentsAfterPowerCuts(of disk: SimulatedDisk, from moment: Int = 0) -> Set<
        [UInt8]?
    > {
        var plan = CrashPlan.exhaustive
        plan.firstMoment = moment
        var found: Set<[UInt8]?> = []
        CrashStates.forEach(of: disk.trace, under: plan) { after, _ in
            found.insert(after.contents(path))
        }
        return found
    }

    /// Whether a store of the new content did not throw.
    private func didStore(on disk: SimulatedDisk) -> Bool {
        do throws(FileError) {
            try WholeFile.store(new, at: path, in: disk)
            return true
        } catch {
            return false
        }
    }

    @Test(
        "a power cut at any moment of a store leaves the old or the new content, after it the new",
        arguments: [nil, Array("left over".utf8)])
    func powerCut(leftover: [UInt8]?) throws {
        let disk = disk(leftover: leftover)
        try WholeFile.store(new, at: path, in: disk)
        #expect(contentsAfterPowerCuts(of: disk) == [old, new])
        #expect(contentsAfterPowerCuts(of: disk, from: disk.operationCount) == [new])
    }

    @Test("a power cut at any moment of the first store leaves no file or the whole of it")
    func powerCutWhileMaking() throws {
        let disk = SimulatedDisk()
        try WholeFile.store(new, at: path, in: disk)
        #expect(contentsAfterPowerCuts(of: disk) == [nil, new])
        #expect(contentsAfterPowerCuts(of: disk, from: disk.operationCount) == [new])
    }

    @Test("the next life stores over whatever a power cut left of a store")
    func nextLife() throws {
        let disk = disk()
        try WholeFile.store(old, at: path, in: disk)
        let count = try CrashStates.forEach(of: disk.trace) { after, label in
            try WholeFile.store(new, at: path, in: after)
            #expect(after.crash(keeping: .none).contents(path) == new, "\(label)")
            #expect(after.paths == [path], "\(label)")
        }
        #expect(count > 10)
    }

    @Test(
        "a call that fails, once or for good, loses nothing, and a later store succeeds",
        arguments: [nil, Array("left over".utf8)], [FaultMode.once, .forGood])
    func failure(leftover: [UInt8]?, mode: FaultMode) throws {
        var (ordinal, failureCount) = (0, 0)
        while true {
            let disk = disk(leftover: leftover)
            disk.fail(ordinal: ordinal, with: .inputOutput, mode: mode)
            let stored = didStore(on: disk)
            guard disk.faultHitCount > 0 else { break }
            failureCount += stored ? 0 : 1
            #expect(contentsAfterPowerCuts(of: disk).isSubset(of: [old, new]), "call \(ordinal)")
            disk.clearFaults()
            let before = disk.operationCount
            try WholeFile.store(new, at: path, in: disk)
            #expect(contentsAfterPowerCuts(of: disk, from: before).isSubset(of: [old, new]))
            #expect(disk.crash(keeping: .none).contents(path) == new)
            #expect(disk.paths == [path])
            ordinal += 1
        }
        // Every call counts: at least to make, write, flush, close, rename, flush the directory.
        #expect(failureCount == ordinal)
        #expect(failureCount >= 6)
    }

    @Test("a store flushes the file before the rename and the directory after it")
    func order() throws {
        let disk = disk(leftover: old)
        try WholeFile.store(Array("1234567".utf8), at: path, in: disk)
        #expect(
            disk.trace.map(\.kind) == [
                .removeFile, .create, .write, .flush, .rename, .flushDirectory,
            ])
    }

    @Test(
        "the directory that is flushed is the file's",
        arguments: [("/f", "/"), ("/a/f", "/a"), ("/a/b/f", "/a/b")])
    func parent(path: String, directory: String) throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/a")
        disk.plantDirectory("/a/b")
        try WholeFile.store([], at: path, in: disk)
        #expect(disk.trace.last?.path == directory)
        #expect(disk.crash(keeping: .none).contents(path) == [])
        #expect(try WholeFile.load(path, sizeMax: .zero, in: disk) == [])
    }

    @Test("a removal survives a power cut, and removing nothing is no error")
    func remove() throws {
        let disk = disk()
        try WholeFile.remove(path, in: disk)
        #expect(disk.crash(keeping: .none).contents(path) == nil)
        try WholeFile.remove(path, in: disk)
        #expect(disk.trace.last?.kind == .flushDirectory)
    }

    @Test("what was stored is loaded, and a leftover is not looked at")
    func load() throws {
        let disk = disk(leftover: new)
        #expect(try WholeFile.load(path, sizeMax: .kib(1), in: disk) == old)
        #expect(try WholeFile.load("/none", sizeMax: .kib(1), in: disk) == nil)
    }

    @Test("a file of the largest size is loaded, one byte more is refused by name")
    func limit() throws {
        let disk = disk()
        let size = ByteCount(old.count)
        #expect(try WholeFile.load(path, sizeMax: size, in: disk) == old)
        let below = ByteCount(old.count - 1)
        let error = CheckpointError.tooLarge(path: path, size: size, sizeMax: below)
        #expect(throws: error) { try WholeFile.load(path, sizeMax: below, in: disk) }
        #expect(error.description == "/f has 15 bytes, expected at most 14")
    }

    @Test("every kind of file is stored and loaded, and what is wrong is said with its path")
    func content() throws {
        let disk = SimulatedDisk()
        #expect(try OffsetCheckpoint.load(path, in: disk) == nil)
        let name = try #require(LogName(topic: "clicks", partition: 7))
        let checkpoint = OffsetCheckpoint([name: Offset(60)])
        try checkpoint.store(at: path, in: disk)
        #expect(try OffsetCheckpoint.load(path, in: disk) == checkpoint)
        let metadata = PartitionMetadata(topicID: UniqueID(high: 1, low: 2))
        try metadata.store(at: path, in: disk)
        #expect(try PartitionMetadata.load(path, in: disk) == metadata)
        let refusal = #expect(throws: CheckpointError.self) {
            try LeaderEpochCheckpoint.load(path, in: disk)
        }
        #expect(refusal?.description == "/f, line 1: version is \"version: 0\", expected 0")
        disk.failNext(.flush, with: .noSpace)
        let failure = #expect(throws: CheckpointError.self) {
            try checkpoint.store(at: path, in: disk)
        }
        #expect(
            failure?.description == "cannot flush /f.tmp: no space left on device (ENOSPC)")
        disk.failNext(.read, with: .inputOutput)
        #expect(throws: CheckpointError.file(FileError(.read, path, .inputOutput, at: .zero))) {
            try PartitionMetadata.load(path, in: disk)
        }
    }
}
