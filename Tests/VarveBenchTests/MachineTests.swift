import Testing
import VarveTerms

@testable import VarveBench

@Suite("machine facts")
struct MachineTests {
    @Test("a path lies on the mount with the longest place that holds it")
    func mounts() {
        let mounts = [
            "/dev/a / ext4 rw 0 0", "tmpfs /dev/shm tmpfs rw 0 0", "/dev/b /a\\040b xfs ro 0 0",
            "short line", "/dev/c / btrfs rw 0 0",
        ]
        #expect(Mount(of: "/dev/shm", mounts: mounts).isInMemory)
        #expect(Mount(of: "/dev/shm/x", mounts: mounts).type == "tmpfs")
        #expect(Mount(of: "/dev/shmx", mounts: mounts).type == "btrfs")
        #expect(Mount(of: "/a b/c", mounts: mounts).source == "/dev/b")
        #expect(Mount(of: "/x", mounts: []).type == "unknown")
    }

    @Test("processor time that this process did not take is foreign")
    func foreignLoad() {
        let before = ProcessorUse(line: "cpu 100 0 100 800 0 0 0 0 50 0", own: 0)
        #expect(before == ProcessorUse(total: 1000, busy: 200, own: 0))
        // 50 of 100 ticks were busy, of which 30 were ours.
        let after = ProcessorUse(line: "cpu 140 0 110 840 10 0 0 0 50 0", own: 300_000_000)
        #expect(abs(after.foreignShare(since: before) - 0.2) < 1e-9)
        #expect(before.foreignShare(since: before) == 0)
        #expect(ProcessorUse(line: "garbage", own: 0).total == 0)
    }

    @Test("memory is read from the kernel's words")
    func memory() {
        let status = MemoryStatus(lines: ["MemTotal: 100 kB", "MemAvailable: x kB", "Other: 3"])
        #expect(status.total == .kib(100))
        #expect(status.available == .zero)
    }
}
