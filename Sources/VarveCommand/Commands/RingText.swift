internal import VarveLog
internal import VarveTerms

/// How commands tell of a commit ring that is not drained.
enum RingText {
    /// What it holds, in a few words.
    static func summary(of ring: CommitRingContents) -> String {
        let count = ring.shares.count { $0.isPresent }
        return "\(ring.frameCount) shared flushes of \(count) logs in the commit ring, "
            + "\(ring.size) bytes"
            + (ring.damage.isEmpty ? "" : ", damaged in \(ring.damage.count) places")
    }

    /// What an opening does with it, log by log.
    static func print(_ ring: CommitRingContents, to console: Console) throws(CommandError) {
        guard !console.isJSON else {
            return try console.output.line(["commitRing": json(of: ring)])
        }
        try console.output.line(
            "\(ring.path): \(summary(of: ring)); an opening puts them into the logs' files, "
                + "then looks at those")
        for share in ring.shares {
            let text =
                share.isPresent
                ? "before offset \(share.end), \(share.size) bytes"
                : "passed over, the log is gone"
            try console.output.line("  \(share.folder): \(text)")
        }
        for positions in ring.damage {
            try console.output.line(
                "  damaged: bytes \(positions.lowerBound)..<\(positions.upperBound)")
        }
    }

    static func json(of ring: CommitRingContents) -> JSON {
        [
            "file": .text(ring.path), "frames": .count(ring.frameCount),
            "bytes": .count(ring.size.bytes),
            "logs": .list(
                ring.shares.map { share in
                    [
                        "folder": .text(share.folder), "present": .flag(share.isPresent),
                        "entries": .count(share.entryCount), "bytes": .count(share.size.bytes),
                        "endOffset": .number(share.end.rawValue),
                    ]
                }),
            "damaged": .list(
                ring.damage.map { positions in
                    [
                        "position": .count(positions.lowerBound.bytes),
                        "endPosition": .count(positions.upperBound.bytes),
                    ]
                }),
        ]
    }
}

extension Dump {
    /// Prints the frames of a commit ring that count.
    mutating func printRing(_ path: String, as name: String) throws(CommandError) {
        let fileSystem = fileSystem
        let frames = try engine { () throws(LogError) in
            try CommitRingFrame.all(in: path, fileSystem)
        }
        guard let frames else {
            noteDamage("\(path): no header is whole, no frame counts")
            return
        }
        if !console.isJSON { try console.output.line(name) }
        for frame in frames {
            if console.isJSON {
                try console.output.line(Self.json(of: frame, in: name))
            } else {
                try console.output.line(
                    "  frame \(frame.sequence) at byte \(frame.position), \(frame.size) bytes")
                for entry in frame.entries { try console.output.line(Self.text(of: entry)) }
            }
            for entry in frame.entries where !entry.isWhole {
                noteDamage(
                    "\(path): frame \(frame.sequence) has bytes of \(entry.folder) that are not "
                        + "what was written")
            }
        }
    }

    private static func text(of entry: CommitRingFrame.Entry) -> String {
        "    \(entry.folder), segment \(entry.segmentBase), bytes \(entry.position)..<"
            + "\(entry.position.advanced(by: entry.size.bytes)), before offset \(entry.end)"
            + (entry.isWhole ? "" : ", not whole")
    }

    private static func json(of frame: CommitRingFrame, in name: String) -> JSON {
        [
            "file": .text(name), "frame": .number(Int64(clamping: frame.sequence)),
            "position": .count(frame.position.bytes), "bytes": .count(frame.size.bytes),
            "entries": .list(
                frame.entries.map { entry in
                    [
                        "folder": .text(entry.folder), "topicId": .text("\(entry.topicID)"),
                        "segment": .number(entry.segmentBase.rawValue),
                        "position": .count(entry.position.bytes),
                        "bytes": .count(entry.size.bytes),
                        "endOffset": .number(entry.end.rawValue), "whole": .flag(entry.isWhole),
                    ]
                }),
        ]
    }
}
