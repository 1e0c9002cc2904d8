import Testing
import VarveBytes
import VarveLog
import VarveSim
import VarveSystem
import VarveTerms

@Suite("repair")
struct RepairTests {
    private let first = CopiesOnDisk.file(0)

    // MARK: Refused

    @Test("what is no data directory, itself, or in use is refused")
    func refusesPlaces() throws {
        let copies = try CopiesOnDisk()
        for donors in [["/none"], ["/e", "/d"]] {
            guard case .notADataDirectory = logError({ try copies.repair(from: donors) }) else {
                Issue.record("taken: \(donors)")
                return
            }
        }
        let name = try #require(LogName(folder: "none-1"))
        let idle = try Repair("/d", from: ["/e"], in: LogFixture.simulated(copies.disk))
        #expect(logError { try idle.logNames(only: name) } == .noSuchLog(path: "/d/none-1"))
        #expect(logError { try copies.repair() } == .locked(path: "/d", processID: 7))
        withExtendedLifetime(idle) {}
    }

    @Test("a donor of another topic, or without the log, is refused and named; another one helps")
    func refusesOtherTopic() throws {
        let copies = try CopiesOnDisk()
        copies.disk.flipBit("/d/" + first, 800)
        let other = Array("version: 0\ntopic_id: p9aCe57zTUWeOxolgikxYQ".utf8)
        copies.disk.setContents("/e/log-0/partition.metadata", other)
        let alone = try copies.repair(from: ["/e"])
        #expect(alone.refusedDonors.count == 1 && alone.refusedDonors[0].contains("is of topic"))
        #expect(!alone.isWhole && copies.changed() == [first])
        copies.disk.setContents("/g/other-0/00000000000000000000.log", [])
        let both = try copies.repair(from: ["/e", "/g", "/f"])
        #expect(both.refusedDonors.count == 2 && both.isWhole)
        #expect(copies.changed().isEmpty)
    }

    @Test("a donor whose batches around the damage are others is not believed")
    func refusesNeighbours() throws {
        let copies = try CopiesOnDisk()
        let batches = copies.batches(of: first)
        copies.disk.flipBit("/d/" + first, (batches[5].lowerBound + 100) * 8)
        // Another log of the same shape under the same name: an epoch is all that differs.
        try copies.disk.removeFile("/e/" + CopiesOnDisk.file(0, "varve"))
        copies.disk.overwrite(
            "/e/" + first, [0, 0, 0, 9], at: FilePosition(batches[4].lowerBound + 12))
        let report = try copies.repair()
        #expect(report.places.count == 1 && !report.isWhole)
        #expect(report.places[0].refusals.contains { $0.contains("has another batch at offset") })
        #expect(try copies.repair(from: ["/e", "/f"]).isWhole)
        #expect(copies.changed().isEmpty)
    }

    @Test("a leader epoch that cannot stand there is not taken, nor is one of two that differ")
    func refusesEpochs() throws {
        let copies = try CopiesOnDisk()
        let start = copies.batches(of: first)[5].lowerBound
        copies.disk.flipBit("/d/" + first, (start + 100) * 8)
        try copies.disk.removeFile("/e/" + CopiesOnDisk.file(0, "varve"))
        copies.disk.overwrite("/e/" + first, [0, 0, 0, 9], at: FilePosition(start + 12))
        let alone = try copies.repair()
        #expect(alone.places[0].refusals.contains { $0.contains("leader epoch 9 at offset 10") })
        let both = try copies.repair(from: ["/e", "/f"])
        #expect(both.places[0].refusals.contains { $0.contains("differ at offset 10") })
        #expect(both.places[0].left == [Offset(10)..<Offset(12)])
        #expect(copies.changed() == [first])
    }

    @Test("without topic ids only equal batches around the damage show that it is a copy")
    func needsProof() throws {
        let copies = try CopiesOnDisk(2)
        for path in CopiesOnDisk.paths {
            try copies.disk.removeFile(path + "/log-0/partition.metadata")
        }
        copies.disk.flipBit("/d/" + first, 800)
        #expect(try copies.repair().isWhole)
        let size = try #require(copies.whole[first]).count
        for byte in [100, size / 2 + 100] { copies.disk.flipBit("/d/" + first, byte * 8) }
        let report = try copies.repair()
        #expect(report.places[0].refusals.contains { $0.contains("nothing shows") })
        #expect(copies.changed() == [first])
    }

    @Test("a donor that changes while it is read gives nothing, though what it has now is whole")
    func refusesChanged() throws {
        let copies = try CopiesOnDisk()
        let place = copies.batches(of: first)[5]
        copies.disk.flipBit("/d/" + first, (place.lowerBound + 100) * 8)
        let damaged = copies.disk.contents("/d/" + first)
        var bytes = try #require(copies.whole[first])
        var other = try LogFixture.batch("x5", count: 2, padding: 40)
        try #require(other.count == place.count)
        other.replaceSubrange(0..<12, with: bytes[place.lowerBound..<place.lowerBound + 12])
        bytes.replaceSubrange(place, with: other)

        let repair = try Repair("/d", from: ["/e"], in: LogFixture.simulated(copies.disk))
        var stepCount = 0
        _ = try repair.run(LogFixture.name, .dryRun) { _ in
            stepCount += 1
            return true
        }
        let error = logError {
            try repair.run(LogFixture.name, .write) { _ in
                stepCount -= 1
                if stepCount == 0 { copies.disk.setContents("/e/" + first, bytes) }
                return true
            }
        }
        guard case .corrupt(let range)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(range.path == "/e/" + first && range.positions.lowerBound.bytes == place.lowerBound)
        #expect(copies.disk.contents("/d/" + first) == damaged)
    }

    // MARK: One place

    @Test("a flipped byte anywhere in a segment comes back, and the fence goes")
    func everyByte() throws {
        let copies = try CopiesOnDisk(40)
        let batches = copies.batches(of: first)
        for byte in stride(from: 0, to: batches.last?.upperBound ?? 0, by: 37) {
            // A checksum does not cover the offset and the epoch before it.
            let place = batches.first { $0.contains(byte) }.map { byte - $0.lowerBound } ?? 0
            guard place > 11, !(12..<16).contains(place) else { continue }
            copies.disk.flipBit("/d/" + first, byte * 8 + byte % 8)
            let report = try copies.repair()
            #expect(report.places.count == 1 && report.isWhole, "byte \(byte): \(report)")
            #expect(copies.changed().isEmpty, "byte \(byte)")
        }
        #expect(try copies.quarantine().isEmpty)
        #expect(try copies.totals().isSound)
    }

    @Test("a dry run says the same and writes nothing")
    func dryRun() throws {
        let copies = try CopiesOnDisk()
        copies.disk.flipBit("/d/" + first, 8_000)
        let before = Dictionary(
            uniqueKeysWithValues: copies.disk.paths.map { ($0, copies.disk.contents($0)) })
        let dry = try copies.repair(from: ["/e"], .dryRun)
        #expect(copies.disk.paths.sorted() == before.keys.sorted())
        // All that is written is who has the lock.
        for (path, bytes) in before where path != "/d/varve.owner" {
            #expect(copies.disk.contents(path) == bytes, "\(path)")
        }
        #expect(try copies.repair() == dry)
        #expect(copies.changed().isEmpty)
    }

    @Test("damage that runs to the end of a segment, or over all of it, comes back")
    func wholeSegments() throws {
        for damage in [[UInt8](repeating: 0, count: 9_000), [UInt8](repeating: 0xA5, count: 9_000)]
        {
            let copies = try CopiesOnDisk()
            for file in copies.logFiles {
                let size = try #require(copies.whole[file]).count
                for start in [0, size / 2] {
                    copies.disk.overwrite(
                        "/d/" + file, Array(damage.prefix(size - start)),
                        at: FilePosition(start))
                    let report = try copies.repair()
                    #expect(report.isWhole, "\(report)")
                    #expect(copies.changed().isEmpty, "\(file) from \(start)")
                }
            }
        }
    }

    @Test("what is cut off a file, and files that are gone, come back")
    func missing() throws {
        let copies = try CopiesOnDisk()
        let files = copies.logFiles
        try #require(files.count >= 3)
        for file in files.dropFirst(0) {
            let size = try #require(copies.whole[file]).count
            for cut in [0, 50, size / 2, size - 1] {
                copies.disk.truncateFile("/d/" + file, to: ByteCount(cut))
                let report = try copies.repair()
                #expect(report.isWhole, "\(file) cut at \(cut): \(report)")
                #expect(try copies.readable().served == Array(0..<120), "\(file) cut at \(cut)")
                #expect(try copies.totals().isSound, "\(file) cut at \(cut)")
                for path in copies.disk.paths where path.hasPrefix("/d/log-0/") {
                    try copies.disk.removeFile(path)
                }
                for (path, bytes) in copies.whole where path.hasPrefix("log-0/") {
                    copies.disk.setContents("/d/" + path, bytes)
                }
            }
        }
        try copies.disk.removeFile("/d/" + files[1])
        #expect(try copies.repair().isWhole)
        #expect(copies.changed().isEmpty)
    }

    // MARK: Many copies

    @Test("three copies of which each byte is bad on one make one that is whole", arguments: 1...20)
    func helical(sliceCount: Int) throws {
        let copies = try CopiesOnDisk()
        for file in copies.logFiles {
            let size = try #require(copies.whole[file]).count
            let slice = (size + 3 * sliceCount - 1) / (3 * sliceCount)
            for (number, start) in stride(from: 0, to: size, by: slice).enumerated() {
                let path = CopiesOnDisk.paths[number % 3] + "/" + file
                let noise = (0..<min(slice, size - start)).map { UInt8(truncatingIfNeeded: $0 * 7) }
                copies.disk.overwrite(path, noise, at: FilePosition(start))
            }
        }
        for path in CopiesOnDisk.paths {
            let donors = CopiesOnDisk.paths.filter { $0 != path }
            let report = try copies.repair(path, from: donors)
            #expect(report.isWhole, "\(path): \(report)")
            #expect(copies.changed(path).isEmpty)
        }
    }

    @Test("what is bad on all copies stays fenced with its offsets, and all the rest comes back")
    func allCopies() throws {
        let copies = try CopiesOnDisk()
        let batches = copies.batches(of: first)
        for path in CopiesOnDisk.paths {
            copies.disk.flipBit(path + "/" + first, (batches[7].lowerBound + 100) * 8)
        }
        let start = batches[5].lowerBound + 10
        let wide = [UInt8](repeating: 1, count: batches[9].upperBound - start)
        copies.disk.overwrite("/d/" + first, wide, at: FilePosition(start))
        let report = try copies.repair(from: ["/e", "/f"])
        #expect(report.places.map(\.left) == [[Offset(14)..<Offset(16)]])
        #expect(report.places[0].repaired.count == 2)
        let fences = try copies.quarantine()
        #expect(fences.map(\.offsets) == [Offset(14)..<Offset(16)])
        #expect(
            fences[0].positions == FilePosition(
                batches[7].lowerBound)..<FilePosition(batches[7].upperBound))
        let (served, refused) = try copies.readable()
        #expect(refused == [14..<16])
        #expect(served == Array(0..<14) + Array(16..<120))
        // A second run finds the same, and a sound donor ends it.
        #expect(
            try copies.repair(from: ["/e", "/f"]).places.map(\.left) == report.places.map(\.left))
        copies.disk.setContents("/f/" + first, try #require(copies.whole[first]))
        #expect(try copies.repair(from: ["/e", "/f"]).isWhole)
        #expect(try copies.quarantine().isEmpty && copies.changed().isEmpty)
    }

    @Test("what is sound between places that are lost on all copies comes back")
    func betweenLost() throws {
        let copies = try CopiesOnDisk()
        let batches = copies.batches(of: first)
        for path in CopiesOnDisk.paths {
            for lost in [6, 8] {
                copies.disk.flipBit(path + "/" + first, (batches[lost].lowerBound + 100) * 8)
            }
        }
        let start = batches[5].lowerBound
        let wide = [UInt8](repeating: 1, count: batches[9].upperBound - start)
        copies.disk.overwrite("/d/" + first, wide, at: FilePosition(start))
        let report = try copies.repair(from: ["/e", "/f"])
        #expect(
            report.places.flatMap(\.left) == [Offset(12)..<Offset(14), Offset(16)..<Offset(18)])
        let fences = try copies.quarantine()
        #expect(
            fences.map(\.positions)
                == [6, 8].map { lost in
                    FilePosition(batches[lost].lowerBound)..<FilePosition(batches[lost].upperBound)
                })
        let (served, refused) = try copies.readable()
        #expect(refused == [12..<14, 16..<18])
        #expect(served == Array(0..<12) + Array(14..<16) + Array(18..<120))
    }

    @Test("what lies between lost places comes back, though no copy alone has it whole")
    func betweenLostFromSeveral() throws {
        let copies = try CopiesOnDisk()
        let batches = copies.batches(of: first)
        let bad: [(path: String, batches: [Int])] = [
            ("/d", [5, 8]), ("/e", [5, 6, 8]), ("/f", [5, 7, 8]),
        ]
        for (path, numbers) in bad {
            for number in numbers {
                copies.disk.flipBit(path + "/" + first, (batches[number].lowerBound + 100) * 8)
            }
        }
        let start = batches[4].lowerBound
        let wide = [UInt8](repeating: 1, count: batches[9].upperBound - start)
        copies.disk.overwrite("/d/" + first, wide, at: FilePosition(start))
        let report = try copies.repair(from: ["/e", "/f"])
        #expect(
            report.places.flatMap(\.left) == [Offset(10)..<Offset(12), Offset(16)..<Offset(18)])
        let fences = try copies.quarantine()
        #expect(
            fences.map(\.positions)
                == [5, 8].map { lost in
                    FilePosition(batches[lost].lowerBound)..<FilePosition(batches[lost].upperBound)
                })
        let (served, refused) = try copies.readable()
        #expect(refused == [10..<12, 16..<18])
        #expect(served == Array(0..<10) + Array(12..<16) + Array(18..<120))
    }

    @Test("what one copy has whole is not voted on, and comes back beside what is lost")
    func wholeIsNotVotedOn() throws {
        let copies = try CopiesOnDisk()
        let batches = copies.batches(of: first)
        for path in CopiesOnDisk.paths {
            copies.disk.flipBit(path + "/" + first, (batches[6].lowerBound + 100) * 8)
        }
        // Two copies have another leader epoch each, so that no byte of it has a majority.
        let start = batches[5].lowerBound
        let wide = [UInt8](repeating: 1, count: batches[6].upperBound - start)
        copies.disk.overwrite("/d/" + first, wide, at: FilePosition(start))
        copies.disk.flipBit("/e/" + first, (start + 15) * 8 + 7)
        let report = try copies.repair(from: ["/e", "/f"])
        #expect(report.places.flatMap(\.left) == [Offset(12)..<Offset(14)], "\(report)")
        #expect(try copies.readable().served == Array(0..<12) + Array(14..<120))
    }

    @Test("a vote without a majority on the leader epoch brings nothing back, and hinders nothing")
    func tiedEpochs() throws {
        let copies = try CopiesOnDisk(10)
        let batches = copies.batches(of: first)
        try #require(batches.count == 10)
        let start = batches[8].lowerBound
        let wide = [UInt8](repeating: 1, count: batches[9].upperBound - start)
        copies.disk.overwrite("/d/" + first, wide, at: FilePosition(start))
        copies.disk.flipBit("/e/" + first, (start + 15) * 8 + 7)
        copies.disk.flipBit("/f/" + first, (start + 15) * 8 + 6)
        let report = try copies.repair(from: ["/e", "/f"])
        #expect(report.places.flatMap(\.left) == [Offset(16)..<Offset(18)], "\(report)")
        #expect(try copies.readable().served == Array(0..<16) + Array(18..<20))
    }

    @Test("a flip that Kafka's checksum does not cover is found by the sidecar, and comes back")
    func uncoveredFlips() throws {
        let copies = try CopiesOnDisk(40)
        let place = copies.batches(of: first)[3].lowerBound
        for byte in Array(0..<8) + Array(12..<16) {
            copies.disk.flipBit("/d/" + first, (place + byte) * 8 + byte % 8)
            // A donor with such a flip is not believed.
            copies.disk.flipBit("/e/" + first, (place + byte) * 8 + 7 - byte % 8)
            #expect(try copies.repair().isWhole == false, "byte \(byte)")
            let report = try copies.repair(from: ["/e", "/f"])
            #expect(report.places.count == 1 && report.isWhole, "byte \(byte): \(report)")
            #expect(copies.changed().isEmpty, "byte \(byte)")
            copies.disk.setContents("/e/" + first, try #require(copies.whole[first]))
        }
    }

    // MARK: Crashes and failing calls

    @Test("a crash at any moment of a repair leaves each segment as it was or repaired")
    func crashes() throws {
        let copies = try CopiesOnDisk(30)
        let place = copies.batches(of: first)[7].lowerBound
        copies.disk.flipBit("/d/" + first, (place + 100) * 8)
        let end = copies.batches(of: copies.logFiles[1])[0].upperBound
        copies.disk.truncateFile("/d/" + copies.logFiles[1], to: ByteCount(end + 5))
        let damaged = copies.logFiles.map { copies.disk.contents("/d/" + $0) }
        let start = copies.disk.operationCount
        #expect(try copies.repair().isWhole)
        let repaired = copies.logFiles.map { copies.disk.contents("/d/" + $0) }
        var plan = CrashPlan.wholeWrites
        plan.firstMoment = start
        plan.subsetAtomCountMax = 5
        plan.randomCount = 12
        plan.doubleOmissionCountMax = 12
        var seen = Set<[Bool]>()
        CrashStates.forEach(of: copies.disk.trace, under: plan, clock: copies.disk.clock) {
            cut, label in
            let found = copies.logFiles.map { cut.contents("/d/" + $0) }
            let isDone = zip(found, repaired).map { $0 == $1 }
            #expect(
                zip(found, zip(damaged, repaired)).allSatisfy { $0 == $1.0 || $0 == $1.1 },
                "\(label)")
            guard seen.insert(isDone).inserted || label.moment % 5 == 0 else { return }
            // It opens, and a second repair ends what the first began.
            let again = copies.on(cut)
            let report = try? again.repair()
            #expect(report?.places.allSatisfy { $0.left.isEmpty } == true, "\(label)")
            let served = try? again.readable().served
            #expect(served == Array(0..<60), "\(label)")
            let log = try? DataDirectory("/d", in: LogFixture.simulated(cut))
                .openLog(LogFixture.name, settings: LogFixture.smallSegments())
            #expect(log?.ends.written == Offset(60), "\(label)")
            #expect(log?.quarantine.isEmpty == true, "\(label)")
        }
        #expect(seen.count >= 3)
    }

    @Test("a failing call leaves each segment as it was or repaired, and a second run ends it")
    func failingCalls() throws {
        for ordinal in 0..<400 {
            let copies = try CopiesOnDisk(30)
            copies.disk.flipBit("/d/" + first, 8_000)
            copies.disk.fail(ordinal: ordinal, with: .inputOutput)
            let report = try? copies.repair()
            guard copies.disk.faultHitCount > 0 else { return }
            copies.disk.clearFaults()
            #expect(copies.changed().isEmpty || report?.isWhole != true, "call \(ordinal)")
            let again = copies.on(copies.disk.processDeath())
            #expect(try again.repair().places.allSatisfy { $0.left.isEmpty }, "call \(ordinal)")
            #expect(again.changed().isEmpty)
            #expect(try again.readable().served == Array(0..<60))
        }
        Issue.record("no repair came to its end")
    }

    @Test("a copy that Apache Kafka wrote is repaired from another one")
    func kafka() throws {
        let disk = SimulatedDisk()
        for path in ["/d", "/e"] { try LogFixture.plant("golden/clean", at: path, on: disk) }
        let files = disk.paths.filter { $0.hasPrefix("/d/") && $0.hasSuffix(".log") }
        var count = 0
        for file in files {
            let whole = try #require(disk.contents(file))
            guard whole.count > 600 else { continue }
            disk.flipBit(file, 70 * 8)
            let folder = file.split(separator: "/")[1]
            let name = try #require(LogName(folder: String(folder)))
            let repair = try Repair("/d", from: ["/e"], in: LogFixture.simulated(disk))
            let report = try repair.run(name, .write)
            guard report.places.contains(where: { !$0.left.isEmpty }) == false else {
                Issue.record("\(file): \(report)")
                continue
            }
            #expect(disk.contents(file) == whole, "\(file) \(report)")
            count += 1
        }
        #expect(count > 0)
    }
}
