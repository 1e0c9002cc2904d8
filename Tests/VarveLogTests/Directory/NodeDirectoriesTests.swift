import Testing
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("NodeDirectories")
struct NodeDirectoriesTests {
    private func open(
        _ disk: SimulatedDisk, _ paths: [String] = ["/a", "/b"],
        _ creation: DataDirectory.Creation = .createIfMissing
    ) throws -> NodeDirectories {
        try NodeDirectories(paths, creation, in: LogFixture.simulated(disk))
    }

    private func name(_ folder: String) throws -> LogName { try ManyLogs.name(folder) }

    /// Two directories, `x-0` in the first and `x-1` in the second, a batch in each.
    private func made() throws -> SimulatedDisk {
        let disk = SimulatedDisk()
        let node = try open(disk)
        for folder in ["x-0", "x-1"] {
            let log = try node.openLog(try name(folder), settings: LogFixture.smallSegments())
            try ManyLogs.append(folder, to: log)
        }
        try node.close()
        return disk.processDeath()
    }

    private func reason(_ error: LogError?) -> String {
        guard case .notADataDirectory(_, let reason) = error else { return "\(error as Any)" }
        return reason
    }

    @Test("no directory, and one named twice, are refused")
    func refusesPaths() throws {
        for paths in [[], ["/a", "/b", "/a"]] {
            guard case .setting("log.dirs", _, _) = logError({ try open(SimulatedDisk(), paths) })
            else {
                Issue.record("taken: \(paths)")
                return
            }
        }
    }

    @Test("a directory of another node or cluster is refused, and none loses its mark")
    func refusesOthers() throws {
        let disk = try made()
        for (other, words) in [
            ("version=1\nnode.id=2\ncluster.id=c\n", ["node 2 of cluster c", "node 1 of cluster"]),
            ("version=7\n", []),
        ] {
            disk.setContents("/b/meta.properties", Array(other.utf8))
            let text = reason(logError { try open(disk) })
            for word in words { #expect(text.contains(word), "\(text)") }
            #expect(disk.contents("/a/.kafka_cleanshutdown") != nil)
        }
    }

    @Test("a copy of a directory beside it is refused")
    func refusesCopy() throws {
        let disk = try made()
        disk.setContents("/b/meta.properties", disk.contents("/a/meta.properties") ?? [])
        #expect(reason(logError { try open(disk) }).contains("one is a copy"))
    }

    @Test("a directory that another program has is refused, and the others stay closed cleanly")
    func refusesLocked() throws {
        let disk = try made()
        let holder = try DataDirectory("/b", in: LogFixture.simulated(disk, processID: 99))
        #expect(logError { try open(disk) } == .locked(path: "/b", processID: 99))
        #expect(disk.contents("/a/.kafka_cleanshutdown") != nil)
        try holder.close()
        try open(disk).close()
    }

    @Test("new directories become those of the node that the others belong to")
    func joins() throws {
        let disk = try made()
        let node = try open(disk, ["/a", "/b", "/c"])
        let owners = Set(node.directories.map(\.properties.owner))
        #expect(owners.count == 1 && Set(node.directories.map(\.properties.directoryID)).count == 3)
        // The next log goes where there is most room for it.
        _ = try node.openLog(try name("x-2"))
        #expect(try node.directory(of: try name("x-2"))?.path == "/c")
    }

    @Test("a log that is in two directories is refused with both paths, and the others are opened")
    func ambiguous() throws {
        let disk = try made()
        for file in ["00000000000000000000.log", "partition.metadata"] {
            disk.setContents("/b/x-0/" + file, disk.contents("/a/x-0/" + file) ?? [])
        }
        let node = try open(disk)
        let twice = LogError.logInTwoPlaces(paths: ["/a/x-0", "/b/x-0"])
        #expect(logError { try node.openLog(try name("x-0")) } == twice)
        #expect(logError { try node.deleteLog(try name("x-0")) } == twice)
        let x = try name("x-0")
        #expect(node.ambiguous == [x: ["/a", "/b"]])
        let results = try node.openAll()
        #expect(try results[try name("x-1")]?.get().ends.written == Offset(1))
        guard case .failure(twice) = results[try name("x-0")] else {
            Issue.record("opened")
            return
        }
        #expect("\(twice)".contains("/a/x-0 and in /b/x-0"))
        try node.close()
        // Neither copy was opened, so neither directory vouches for it.
        #expect(disk.contents("/a/.kafka_cleanshutdown") == nil)
    }

    @Test("a disk that fails does not take the others down, and no log is begun anew beside it")
    func failedDisk() throws {
        for kind in [FileError.Operation.list, .lock, .open] {
            let disk = try made()
            // The directories are looked at in turn; the second one's calls fail.
            let node: NodeDirectories
            disk.fail(ordinal: kind == .list ? 1 : 0, of: [kind], with: .inputOutput)
            node = try open(disk)
            disk.clearFaults()
            #expect(node.directories.count == 1 && node.failures.count == 1)
            let left = node.directories[0].path == "/a" ? "x-0" : "x-1"
            let lost = left == "x-0" ? "x-1" : "x-0"
            #expect(try node.openAll().count == 1)
            #expect(try node.openLog(try name(left)).ends.written == Offset(1))
            #expect(logError { try node.openLog(try name(lost)) } == node.failures[0].error)
            try node.close()
        }
    }

    @Test("a directory that must exist and does not is left out, and named")
    func missing() throws {
        let disk = try made()
        let node = try open(disk, ["/a", "/b", "/mnt"], .mustExist)
        #expect(node.failures.map(\.path) == ["/mnt"])
        #expect(node.logNames.map(\.folder) == ["x-0", "x-1"])
    }

    @Test("when every directory fails the first failure is thrown")
    func allFail() throws {
        let disk = try made()
        disk.fail(ordinal: 0, with: .inputOutput, mode: .forGood)
        guard case .checkpoint = logError({ try open(disk) }) else { return }
    }

    @Test("a deletion that fails halfway leaves the name free where the log is gone")
    func failedDeletion() throws {
        for ordinal in 0..<24 {
            let disk = try made()
            let node = try open(disk)
            _ = try node.openLog(try name("x-0"), settings: LogFixture.smallSegments())
            disk.fail(ordinal: ordinal, with: .noSpace)
            let isDone = (try? node.deleteLog(try name("x-0"))) != nil
            disk.clearFaults()
            let place = try node.directory(of: try name("x-0"))
            #expect(place == nil || !isDone, "call \(ordinal)")
            let log = try node.openLog(try name("x-0"), settings: LogFixture.smallSegments())
            #expect(log.ends.written.rawValue == (place == nil ? 0 : 1), "call \(ordinal)")
        }
    }

    @Test("a new log goes to the directory that has the fewest, whatever was deleted meanwhile")
    func emptiest() throws {
        let node = try open(try made())
        let place = { (folder: String) throws -> String? in
            _ = try node.openLog(try name(folder), settings: LogFixture.smallSegments())
            return try node.directory(of: try name(folder))?.path
        }
        #expect(try place("y-0") == "/a")
        #expect(try place("y-1") == "/b")
        _ = node.deleteLogs([try name("x-1"), try name("x-1")])
        #expect(try node.directory(of: try name("x-1")) == nil)
        #expect(try place("y-2") == "/b")
        #expect(try place("y-3") == "/a")
    }

    @Test("the checkpoints of each directory tell of its own logs; a deleted log is gone from both")
    func checkpoints() throws {
        let disk = try made()
        let node = try open(disk)
        try node.openAll(by: .sequential)
        try node.checkpoint()
        let row = { (path: String) -> String in
            String(
                decoding: disk.contents(path + "/recovery-point-offset-checkpoint") ?? [],
                as: UTF8.self)
        }
        #expect(row("/a") == "0\n1\nx 0 1\n" && row("/b") == "0\n1\nx 1 1\n")
        try node.deleteLog(try name("x-1"))
        try node.checkpoint()
        #expect(row("/b") == "0\n0\n" && node.logNames.map(\.folder) == ["x-0"])
        #expect(try node.directory(of: try name("x-1")) == nil)
        try node.close()
        #expect(disk.contents("/b/.kafka_cleanshutdown") != nil)
    }
}
