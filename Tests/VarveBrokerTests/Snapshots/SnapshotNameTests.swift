import Testing
import VarveTerms

@testable import VarveBroker

@Suite("SnapshotName")
struct SnapshotNameTests {
    @Test(
        "names of other files are none",
        arguments: [
            "", ".checkpoint", "bootstrap.checkpoint", "00000000000000000385.snapshot",
            "00000000000000000385-0000000003.checkpoint.part",
            "00000000000000000385-0000000003.checkpoint.deleted",
            "385-3.checkpoint", "0000000000000000038+-0000000003.checkpoint",
            "00000000000000000385-000000003-.checkpoint",
            "99999999999999999999-0000000003.checkpoint",
            "00000000000000000385-9999999999.checkpoint",
            "00000000000000000385-0000000003-1.checkpoint",
        ])
    func others(file: String) {
        #expect(SnapshotName(file: file) == nil)
    }

    @Test("offset and epoch are padded with zeros, and read back")
    func printed() {
        let name = SnapshotName(offset: Offset(385), epoch: LeaderEpoch(3))
        #expect(name.file == "00000000000000000385-0000000003.checkpoint")
        #expect(SnapshotName(file: name.file) == name)
        let last = SnapshotName(offset: Offset(.max), epoch: LeaderEpoch(.max))
        #expect(SnapshotName(file: last.file) == last)
        #expect(name < last)
    }
}
