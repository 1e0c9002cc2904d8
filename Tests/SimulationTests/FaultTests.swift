import Testing
import VarveBytes
import VarveLog
import VarveProof
import VarveSim
import VarveSystem
import VarveTerms

/// Every call of a workload fails, once or for good; the program goes on as far as it can, ends,
/// and the next one finds everything that was acknowledged.
@Suite("failing calls")
struct FaultTests {
    /// Some of them; the others run with `tools/prove`.
    private static let faults: [FaultSearch.Fault] =
        FaultSearch.flushFaults
        + FaultSearch.allFaults.filter {
            $0.error == .noSpace || $0.mode == .once && $0.error == .tooManyFiles
                || $0.mode == .once && $0.error == .inputOutput && $0.kinds == nil
        }

    @Test("a call that fails loses nothing that was acknowledged", arguments: faults)
    func everyCall(_ fault: FaultSearch.Fault) throws {
        let deadline = Deadline(shares: Self.faults.count)
        var search = FaultSearch()
        var workloads = FaultWorkload.all
        if !RunLength.isLong {
            workloads = workloads.prefix(3) + [.sharing]
            if fault.kinds?.contains(.flush) == true { workloads.append(.flushingBeside) }
        }
        for workload in workloads { search.run(workload, fault, until: deadline) }
        search.tally.report("failing calls, \(fault)", deadline.elapsed)
    }

    @Test("short reads and writes of every size change nothing", arguments: FaultWorkload.all)
    func shortTransfers(_ workload: FaultWorkload) throws {
        for sizeMax in Array(1...40) + [64, 100, 511, 512, 513] {
            let scene = FaultScene(workload)
            scene.disk.shortTransfers = .everyCall(sizeMax: sizeMax)
            #expect(scene.run() == nil)
            #expect(scene.refusals == 0, "\(workload.name), \(sizeMax) bytes a call")
            for end in FaultScene.End.allCases { #expect(scene.fault(after: end) == nil) }
        }
    }

    @Test("a full disk refuses appends, and takes them again when there is room")
    func fullDisk() throws {
        var refusedCount = 0
        for pageCount in 1...12 {
            let disk = SimulatedDisk()
            let directory = try DataDirectory(
                Scene.path, in: Scene.surroundings(disk, boot: Scene.boot))
            let log = try directory.openLog(Scene.name(), settings: Workload.settings())
            disk.capacity = ByteCount(pageCount * 4096)
            var values: [String] = []
            var refusals = 0
            for number in 0..<40 {
                if number == 30 { disk.capacity = nil }
                let value = "0/\(number)" + String(repeating: ".", count: 300)
                let batch = try Scene.batch([value])
                do throws(LogError) {
                    try log.append(batch.rawSpan)
                    values.append(value)
                } catch {
                    refusals += 1
                    #expect(error.isOutOfSpace, "\(error)")
                    #expect(number < 30, "refused although there is room: \(error)")
                }
            }
            #expect(Contents(of: log.reader, through: .flushed).values == values)
            try directory.close()
            let again = try DataDirectory(
                Scene.path,
                in: Scene.surroundings(disk.crash(keeping: .none), boot: Scene.boot))
            let reopened = try again.openLog(Scene.name(), settings: Workload.settings())
            #expect(reopened.recovery.isClean, "\(reopened.recovery)")
            #expect(Contents(of: reopened.reader).values == values)
            refusedCount += refusals
        }
        #expect(refusedCount > 20)
    }
}

extension LogError {
    /// Whether it says that space was missing, for batches or for a checkpoint.
    fileprivate var isOutOfSpace: Bool {
        switch self {
        case .file(let failure), .checkpoint(.file(let failure)): failure.error.isOutOfSpace
        default: false
        }
    }
}
