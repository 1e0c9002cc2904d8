import Testing
import VarveBytes
import VarveRecords
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("segment files")
struct SegmentFileTests {
    private func files(_ disk: SimulatedDisk, _ creation: LogSettings.SegmentCreation = .extending)
        -> SegmentFiles
    {
        SegmentFiles(folder: "/s", fileSystem: disk, creation: creation)
    }

    @Test("files that cannot be made are an error, and a later try takes the leftovers away")
    func makingFails() throws {
        for kind in [FileError.Operation.open, .flushDirectory, .reserve] {
            let disk = SimulatedDisk()
            disk.plantDirectory("/s")
            disk.failNext(kind, with: .noSpace)
            let files = files(disk, .reserving)
            #expect(throws: FileError.self) {
                _ = try files.make(Offset(7), expectedSize: 4_096)
            }
            _ = try files.make(Offset(7), expectedSize: 4_096)
        }
    }

    @Test("leftovers of the same name go, whatever they hold; other segments stay")
    func removesLeftovers() throws {
        let disk = SimulatedDisk()
        for suffix in ["log", "index", "timeindex", "txnindex", "snapshot"] {
            disk.setContents(LogOnDisk.file(7, suffix, in: "/s"), [1, 2, 3])
            disk.setContents(LogOnDisk.file(8, suffix, in: "/s"), [1, 2, 3])
        }
        _ = try files(disk).make(Offset(7), expectedSize: 0)
        for suffix in ["log", "index", "timeindex", "varve"] {
            #expect(disk.contents(LogOnDisk.file(7, suffix, in: "/s")) == [])
        }
        for suffix in ["txnindex", "snapshot"] {
            #expect(disk.contents(LogOnDisk.file(7, suffix, in: "/s")) == nil)
        }
        #expect(disk.paths.count { $0.contains("8.") } == 5)
    }

    @Test("names are durable when the files are made, and gone when they are removed")
    func namesAreDurable() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/s")
        _ = try files(disk).make(Offset(7), expectedSize: 0)
        #expect(disk.crash(keeping: .none).paths == disk.paths && disk.paths.count == 4)
        try files(disk).remove([Offset(7)])
        #expect(disk.crash(keeping: .none).paths.isEmpty)
    }

    @Test("a removal cut short by a power cut never leaves a log without having left its indexes")
    func removesLogLast() throws {
        let disk = SimulatedDisk()
        disk.plantDirectory("/s")
        _ = try files(disk).make(Offset(7), expectedSize: 0)
        let from = disk.operationCount
        try files(disk).remove([Offset(7)])
        let removed = disk.trace[from...].filter { $0.kind == .removeFile }.map(\.path)
        #expect(removed.last == LogOnDisk.file(7, in: "/s") && removed.count == 4)
    }

    @Test("missing index files of a segment that is opened are made, with durable names")
    func opensWithoutIndexes() throws {
        let disk = SimulatedDisk()
        disk.setContents(LogOnDisk.file(7, in: "/s"), [])
        _ = try files(disk).open(Offset(7))
        #expect(disk.crash(keeping: .none).paths.count == 4)
        #expect(throws: FileError.self) { _ = try files(disk).open(Offset(8)) }
    }

    @Test("the example of the page holds the batches that the page says")
    func pageExample() throws {
        let bytes = exampleBytes(in: "segment-file.md")
        let disk = SimulatedDisk()
        disk.setContents(LogOnDisk.file(10), bytes)
        let home = try LogOnDisk(disk)
        var rows: [[String]] = []
        var position = 0
        guard case .batches(let found) = try home.log.reader.read(from: Offset(10)) else {
            Issue.record("nothing there")
            return
        }
        for (header, value) in zip(found.headers, try home.values()) {
            let last = header.lastOffset ?? -1
            rows.append([
                "\(position)", "\(header.sizeInBytes)", "\(header.baseOffset) to \(last)",
                "\(header.partitionLeaderEpoch)", value,
            ])
            position += header.sizeInBytes
        }
        #expect(position == bytes.count)
        #expect(rows == Fixture.table(in: "segment-file.md", headed: "at"))
    }
}
