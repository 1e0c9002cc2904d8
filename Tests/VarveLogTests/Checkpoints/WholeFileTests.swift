import Testing
import VarveLog
import VarveSystem
import VarveTerms

@Suite("WholeFile")
struct WholeFileTests {
    private let path = "/logs/f"
    private let old = Array("the old content".utf8)
    private let new = Array("the new content, which is longer".utf8)

    private func disk(leftover: [UInt8]? = nil) -> StepDisk {
        let disk = StepDisk()
        disk.put(old, at: path)
        if let leftover { disk.put(leftover, at: path + ".tmp") }
        return disk
    }

    /// How many changing calls a store makes when nothing fails.
    private func stepCount(leftover: [UInt8]?) throws -> Int {
        let disk = disk(leftover: leftover)
        try WholeFile.store(new, at: path, in: disk)
        return disk.steps.count
    }

    @Test(
        "a crash at any step of a store leaves the old or the new content",
        arguments: [nil, Array("left over".utf8)])
    func crashWhileStoring(leftover: [UInt8]?) throws {
        for step in 0...(try stepCount(leftover: leftover)) {
            let disk = disk(leftover: leftover)
            disk.failing = step..<Int.max
            let stored = attempt { () throws(FileError) in
                try WholeFile.store(new, at: path, in: disk)
            }
            let contents = disk.contentsAfterPowerCut(at: path)
            #expect(contents.isSubset(of: [old, new]), "step \(step), \(disk.steps)")
            if stored { #expect(contents == [new]) }
        }
    }

    @Test("a crash at any step of the first store leaves no file or the whole of it")
    func crashWhileMaking() throws {
        for step in 0..<20 {
            let disk = StepDisk()
            disk.failing = step..<Int.max
            let stored = attempt { () throws(FileError) in
                try WholeFile.store(new, at: path, in: disk)
            }
            let contents = disk.contentsAfterPowerCut(at: path)
            #expect(contents.isSubset(of: [nil, new]), "step \(step)")
            if stored { #expect(contents == [new]) }
        }
    }

    @Test(
        "a call that fails once is reported, closes what was open, and the next store succeeds",
        arguments: [nil, Array("left over".utf8)])
    func failureOnce(leftover: [UInt8]?) throws {
        for step in 0..<(try stepCount(leftover: leftover)) {
            let disk = disk(leftover: leftover)
            disk.failing = step..<(step + 1)
            let stored = attempt { () throws(FileError) in
                try WholeFile.store(new, at: path, in: disk)
            }
            #expect(!stored, "step \(step)")
            #expect(disk.openCount == 0)
            #expect(disk.contentsAfterPowerCut(at: path).isSubset(of: [old, new]))
            try WholeFile.store(new, at: path, in: disk)
            #expect(disk.contentsAfterPowerCut(at: path) == [new])
            #expect(disk.content(at: path + ".tmp") == nil)
        }
    }

    @Test("a store flushes the file before the rename and the directory after it")
    func order() throws {
        let disk = disk()
        try WholeFile.store(Array("1234567".utf8), at: path, in: disk)
        #expect(
            disk.steps == [
                "open /logs/f.tmp", "write /logs/f.tmp", "write /logs/f.tmp", "flush /logs/f.tmp",
                "close /logs/f.tmp", "rename /logs/f.tmp", "flush directory /logs",
            ])
    }

    @Test(
        "the directory that is flushed is the file's",
        arguments: [("f", "."), ("/f", "/"), ("a/f", "a"), ("/a/b/f", "/a/b")])
    func parent(path: String, directory: String) throws {
        let disk = StepDisk()
        try WholeFile.store([], at: path, in: disk)
        #expect(disk.steps.last == "flush directory \(directory)")
        #expect(try WholeFile.load(path, sizeMax: .zero, in: disk) == [])
    }

    @Test("a removal survives a power cut, and removing nothing is no error")
    func remove() throws {
        let disk = disk()
        try WholeFile.remove(path, in: disk)
        #expect(disk.contentsAfterPowerCut(at: path) == [nil])
        try WholeFile.remove(path, in: disk)
        #expect(disk.steps.last == "flush directory /logs")
    }

    @Test("what was stored is loaded, and a leftover is not looked at")
    func load() throws {
        let disk = disk(leftover: new)
        #expect(try WholeFile.load(path, sizeMax: .kib(1), in: disk) == old)
        #expect(try WholeFile.load("/logs/none", sizeMax: .kib(1), in: disk) == nil)
        #expect(disk.openCount == 0)
    }

    @Test("a file of the largest size is loaded, one byte more is refused by name")
    func limit() throws {
        let disk = disk()
        let size = ByteCount(old.count)
        #expect(try WholeFile.load(path, sizeMax: size, in: disk) == old)
        let below = ByteCount(old.count - 1)
        #expect(throws: CheckpointError.tooLarge(path: path, size: size, sizeMax: below)) {
            try WholeFile.load(path, sizeMax: below, in: disk)
        }
        let error = CheckpointError.tooLarge(path: path, size: size, sizeMax: below)
        #expect(error.description == "/logs/f has 15 bytes, expected at most 14")
        #expect(disk.openCount == 0)
    }

    @Test("every kind of file is stored and loaded, and defects name the file")
    func content() throws {
        let disk = StepDisk()
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
        #expect(
            refusal?.description == "/logs/f, line 1: version is \"version: 0\", expected 0")
        disk.failing = disk.steps.count..<Int.max
        let failure = #expect(throws: CheckpointError.self) {
            try checkpoint.store(at: path, in: disk)
        }
        #expect(
            failure?.description
                == "cannot open /logs/f.tmp: no space left on device (ENOSPC)")
    }

    /// Whether `body` did not throw.
    private func attempt(_ body: () throws(FileError) -> Void) -> Bool {
        do throws(FileError) {
            try body()
            return true
        } catch {
            return false
        }
    }
}
