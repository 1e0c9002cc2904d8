import Testing
import VarveBytes
import VarveLinux
import VarveSim
import VarveSystem
import VarveTerms

@testable import VarveLog

@Suite("Verification through mappings")
struct MappedVerificationTests {
    private let fileSystem = LinuxFileSystem()

    /// A closed log of twenty batches, each larger than what is copied ahead.
    private func makeLog(_ path: String, in surroundings: Surroundings) throws -> String {
        let directory = try DataDirectory(path, in: surroundings)
        let log = try directory.openLog(LogFixture.name)
        for number in 0..<20 { try log.take(LogFixture.batch("a\(number)", padding: 70_000)) }
        try directory.close()
        return log.path + "/00000000000000000000.log"
    }

    /// Every step through the file; after the third it is cut to `size`.
    private func steps(
        _ path: String, _ access: Segment.Access, cutTo size: ByteCount
    ) throws -> [BatchFile.Step] {
        var file = try BatchFile(path, access, sidecar: nil, in: fileSystem)
        var steps: [BatchFile.Step] = []
        while let step = try file.next() {
            steps.append(step)
            #expect(file.isBatchMapped == (access == .mapped && step.isBatch))
            if steps.count == 3 {
                try OpenFile(path, .readWrite, in: fileSystem).resize(to: size)
            }
        }
        return steps
    }

    @Test("a file that is cut short meanwhile reads as it does by copies")
    func cutShort() throws {
        try withTemporaryDirectory { path in
            let log = try makeLog(path, in: LogFixture.linux())
            let content = try WholeFile.load(log, sizeMax: .mib(2), in: fileSystem) ?? []
            for size in [0, 230_000, 245_760, 900_001] {
                let found = try [Segment.Access.mapped, .copied].map { access in
                    try OpenFile(log, .readWrite, in: fileSystem).write(
                        content.rawSpan, at: .zero)
                    return try steps(log, access, cutTo: ByteCount(size))
                }
                #expect(found[0] == found[1], "cut to \(size)")
                let whole = found[0].dropLast().count
                #expect((3..<20).contains(whole))
            }
        }
    }

    @Test("a batch that is lost after its checksum held is read once more, by a copy")
    func lostBehindTheChecksum() throws {
        try withTemporaryDirectory { path in
            let log = try makeLog(path, in: LogFixture.linux())
            var file = try BatchFile(log, .mapped, sidecar: nil, in: fileSystem)
            _ = try file.next()
            guard case .batch(_, let position) = try file.next() else {
                Issue.record("no second batch")
                return
            }
            try OpenFile(log, .readWrite, in: fileSystem).resize(to: ByteCount(position.bytes))
            do {
                let bytes = file.batchBytes
                #expect(GuardedBytes.shielding(bytes) { CRC32C.checksum(bytes) } == nil)
            }
            guard case .damage(let range) = try file.nextAgain() else {
                Issue.record("the batch is gone")
                return
            }
            #expect(range.positions.lowerBound == position && range.offsets.lowerBound == Offset(1))
            #expect(file.isBatchMapped == false)
        }
    }

    @Test("what the mapping shows is not believed where it is bad: a copy decides")
    func badMapping() throws {
        let disk = SimulatedDisk()
        let log = try makeLog("/d", in: LogFixture.simulated(disk))
        var found: [Finding] = []
        let totals = try Verification.directory(
            "/d", in: disk, progress: { _ in Self.spoil(log, on: disk) },
            report: { found.append($0) })
        #expect(found == [] && totals.batches == 20)
    }

    @Test("a page that cannot be read is an error that names file and position")
    func readError() throws {
        let disk = SimulatedDisk()
        let log = try makeLog("/d", in: LogFixture.simulated(disk))
        var batches = 0
        let thrown = #expect(throws: LogError.self) {
            _ = try Verification.directory(
                "/d", in: disk,
                progress: { _ in
                    batches += 1
                    Self.spoil(log, on: disk)
                    disk.fail(
                        ordinal: 0, of: [.read], at: log, with: .inputOutput, mode: .forGood)
                }, report: { Issue.record("\($0)") })
        }
        guard case .file(let error) = thrown else {
            Issue.record("\(String(describing: thrown))")
            return
        }
        #expect(batches == 7 && error.path == log && error.error == .inputOutput)
        #expect(error.position.map { (490_000...500_000).contains($0.bytes) } ?? false)
    }

    /// Turns a byte of the eighth batch over, for those who look through the mapping.
    private static func spoil(_ log: String, on disk: SimulatedDisk) {
        unsafe disk.withMapping(of: log) { memory in unsafe memory[500_000] = 0 }
    }
}

extension BatchFile.Step {
    fileprivate var isBatch: Bool {
        if case .batch = self { return true }
        return false
    }
}
