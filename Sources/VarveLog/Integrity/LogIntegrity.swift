internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Whose log it is, and what the directory's root says of its files: what its sidecars are made
/// with and held against.
struct LogIntegrity: Sendable {
    var identity: LogIdentity
    /// The wall clock at the opening.
    var now: Timestamp
    /// The seals that the root names, by base offset; nil where there is no root to believe.
    var seals: [Offset: UInt32?]?
    /// What was found when the log's files were held against the root.
    var findings: [Finding] = []
    /// Segments that were closed and are gone.
    var missing: [CorruptRange] = []
    /// Whether the leader-epoch checkpoint is not the one that was closed.
    var distrustsEpochs = false
    /// Segments whose transaction index is not the one that was closed, or is gone.
    var distrustedIndexes: Set<Offset> = []

    func sidecar(
        of paths: SegmentPaths, _ access: Segment.Access, in fileSystem: any FileSystem
    ) -> SegmentSidecar {
        var trust = SidecarTrust.found
        if let seals, let seal = seals[paths.baseOffset] { trust = .closed(sealCRC: seal) }
        return SegmentSidecar(paths, of: identity, trust: trust, access: access, in: fileSystem)
    }

    /// The sidecar of a segment that has no batch yet.
    func writer(
        of segment: Segment, now: Timestamp, in fileSystem: any FileSystem
    ) -> SidecarWriter {
        let named = SegmentIdentity(log: identity, baseOffset: segment.baseOffset)
        let origin = SidecarOrigin(named, .written, since: now)
        return SidecarWriter(
            segment.paths.sidecar, going: SidecarResumption(origin, mustCut: false),
            shared: segment.sidecar, in: fileSystem)
    }

    /// The offset from which a segment must be read so that no batch behind the last covered one
    /// is passed over; nil when that does not matter, since there is no coverage to go on with.
    func coveredOffset(of segment: Segment) throws(LogError) -> Offset? {
        guard let look = try? segment.sidecar?.look(), look.isThere, !look.isForeign else {
            return nil
        }
        guard let coverage = look.coverage else {
            // The file was made with the segment, and nothing of it reached the disk.
            return look.fileSize == 0 ? segment.baseOffset : nil
        }
        let last = coverage.entryCount > 0 ? coverage.lastPosition : coverage.start
        guard last < segment.writtenSize else { return nil }
        var walk = try BatchWalk(segment, at: last, through: .includingUnflushed)
        guard let header = try? walk.header(at: last) else { return segment.baseOffset }
        return Offset(exactly: header.baseOffset) ?? segment.baseOffset
    }

    /// Whether the segment's sidecar was begun and has no seal: whoever wrote it died on the way,
    /// and may have left a part of its last blocks.
    func isUnsealed(_ segment: Segment) -> Bool {
        guard let look = try? segment.sidecar?.look() else { return false }
        return look.isThere && !look.isForeign && look.seal == nil
    }

    /// What becomes of the sidecar of a segment that was read from `start` on.
    ///
    /// What is seen of the file need not be what the disk has: after a crash, and after a cut, the
    /// entries that stay are written anew and flushed, so that older ones never come back.
    func repair(
        of segment: Segment, _ scan: borrowing SegmentScan, from start: Int, isSettled: Bool,
        in fileSystem: any FileSystem
    ) -> SidecarRepair {
        let named = SegmentIdentity(log: identity, baseOffset: segment.baseOffset)
        let sidecar = segment.sidecar
        var kept = sidecar.flatMap {
            SidecarResumption(of: $0, before: scan.fill.size, in: fileSystem)
        }
        // Entries follow each other without a gap, or they start anew.
        if let last = kept?.lastPosition, start > last { kept = nil }
        if let position = kept?.lastPosition,
            var walk = try? BatchWalk(segment, at: position, through: .includingUnflushed),
            let header = try? walk.header(at: position)
        {
            kept?.lastCRC = header.crc
        }
        if !isSettled { kept?.mustCut = true }
        let isFresh = (try? sidecar?.look()).map { $0.fileSize == 0 && $0.isThere } ?? false
        let origin = SidecarOrigin(
            named, isFresh && start == 0 ? .written : .rebuilt, since: now, start: start)
        let covered = kept?.lastPosition ?? -1
        return SidecarRepair(
            segment: segment,
            resumption: kept ?? SidecarResumption(origin, mustCut: !isFresh || !isSettled),
            noted: scan.noted.filter { Int($0.entry.position) > covered },
            // What is behind damage that has no entry cannot be noted without calling it unwritten.
            isBroken: scan.damaged.contains { $0.positions.upperBound.bytes > covered },
            isForeign: (try? sidecar?.look())?.isForeign ?? false)
    }

    /// What goes through the sidecar of a segment.
    func verification(
        of paths: SegmentPaths, logSize: Int, in fileSystem: any FileSystem
    ) throws(LogError) -> SidecarVerification {
        var trust = SidecarTrust.found
        if let seals, let seal = seals[paths.baseOffset] { trust = .closed(sealCRC: seal) }
        return try SidecarVerification(
            paths, of: identity, trust: trust, logSize: logSize, in: fileSystem)
    }

    /// Tells of a sidecar that is believed in part, or not at all.
    func report(_ segment: Segment, into report: inout RecoveryReport) {
        guard let sidecar = segment.sidecar, let problem = (try? sidecar.look())?.problem else {
            return
        }
        report.integrity.append(Finding(.sidecar(problem), in: sidecar.paths.sidecar))
    }
}

/// How the sidecar of a segment that recovery read is set right.
struct SidecarRepair: Sendable {
    var segment: Segment
    var resumption: SidecarResumption
    /// Batches that have no entry yet.
    var noted: [NotedBatch]
    /// Whether coverage ends with the entries that are kept.
    var isBroken: Bool
    /// Whether the file is of another segment: it stays as the witness of that.
    var isForeign: Bool

    /// The sidecar, to go on with. What must not stay in the file is gone on return.
    func writer(in fileSystem: any FileSystem) throws(FileError) -> SidecarWriter {
        try resumption.cut(segment.paths.sidecar, in: fileSystem)
        segment.sidecar?.forget()
        var writer = SidecarWriter(
            segment.paths.sidecar, going: resumption, shared: segment.sidecar, in: fileSystem)
        if isBroken { writer.giveUp() } else { writer.note(noted) }
        return writer
    }

    /// The sidecar of a segment that takes no appends: its seal says what its indexes are now.
    func sealAnew(in fileSystem: any FileSystem) throws(FileError) {
        guard !isForeign else { return }
        var writer = try writer(in: fileSystem)
        if writer.seal(logSize: segment.writtenSize, of: segment.paths) != nil {
            writer.flush()
        } else if !isBroken {
            try fileSystem.removeFile(segment.paths.sidecar)
            segment.sidecar?.dismiss()
        }
    }
}

extension Segment {
    /// Why its indexes cannot be believed, as its seal says; nil when nothing speaks against them.
    /// - Complexity: reads both files.
    func indexesOtherThanSealed() throws(LogError) -> String? {
        #if VARVE_PLANTED_BUGS
            if PlantedBug.sealedIndexNotChecked.isPlanted { return nil }
        #endif
        guard let seal = sidecar?.seal, seal.logSize == Int64(writtenSize) else { return nil }
        for (path, sealed) in [
            (paths.offsetIndex, seal.offsetIndex), (paths.timeIndex, seal.timeIndex),
        ] {
            let found = try wrapping { () throws(FileError) in
                try FileSeal(at: path, in: fileSystem)
            }
            if found != sealed { return "\(WholeFile.name(of: path)) is not what was sealed" }
        }
        return nil
    }

    /// On return the sidecar survives a power cut, if it can be had at all: nobody depends on it.
    func flushSidecar() {
        guard sidecar != nil, let file = try? OpenFile(paths.sidecar, .readWrite, in: fileSystem)
        else { return }
        try? file.flush()
    }
}
