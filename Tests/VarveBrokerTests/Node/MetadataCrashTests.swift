import Testing
import VarveLog
import VarveMetadata
import VarveSim
import VarveTerms

@testable import VarveBroker

/// Power cuts at each operation of the disk while the metadata log takes records, writes snapshots,
/// and lets go of what they make superfluous.
@Suite("MetadataLog: power cuts")
struct MetadataCrashTests {
    @Test(
        "a cut at any moment leaves an image that was, and nothing promised is lost"
    )
    func cuts() throws {
        let disk = SimulatedDisk()
        let scene = try MetadataScene(disk, MetadataScene.tight)
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = disk.operationCount
        plan.subsetAtomCountMax = 3
        plan.doubleOmissionCountMax = 0
        plan.randomCount = 4
        plan.leavesOutEqual = true
        // The images in order, and after how many operations each was promised.
        var images = [scene.image]
        var promised = [disk.operationCount]
        for number in 0..<6 {
            try scene.set(number)
            images.append(scene.image)
            promised.append(disk.operationCount)
            try scene.metadata.keepHouse(at: scene.now)
        }
        #expect(scene.metadata.log.ends.start > .zero)
        let trace = disk.trace
        var number = 0
        // A state that keeps nothing of the last operation was there before it.
        let isWhole = { (_: Int) in false }
        let count = try CrashStates.forEach(
            of: trace, under: plan, whole: isWhole
        ) { crashed, label in
            number += 1
            let least = promised.lastIndex { $0 <= label.moment } ?? 0
            let again = try MetadataScene(
                crashed, MetadataScene.tight, bootID: UniqueID(high: 1, low: 2))
            let lawful = images[least...].prefix(2)
            #expect(lawful.contains(again.image), "trace.disk(at: \(label))")
            guard number.isMultiple(of: 5) else { return }
            // It goes on: what is written now is there after the next start.
            try again.set(100)
            try again.metadata.keepHouse(at: again.now)
            let image = again.image
            try again.directory.close()
            let last = try MetadataScene(
                crashed, MetadataScene.tight, bootID: UniqueID(high: 1, low: 2))
            #expect(last.image == image, "trace.disk(at: \(label))")
            try last.directory.close()
        }
        print("power cuts of the metadata log: \(count) states of \(trace.count) operations")
        #expect(count > 200)
    }
}
