internal import VarveBytes
internal import VarveRecords
internal import VarveSystem
internal import VarveTerms

/// Batches that no copy has whole, put together from at least three that are damaged at different
/// bytes: each byte is what most copies say. The checksum then proves what the vote made; what it
/// does not cover more than half must have, and it must fit in place, as for any other batch.
struct Ballot {
    let copy: LogCopy
    let donors: [Donor]

    /// Longer damage is not voted on: it is held in memory once for each copy.
    private static let sizeMax = 64 << 20

    /// What the copies say together of a wound; nil when fewer than three can be laid side by side.
    func offering(for wound: Wound) throws(LogError) -> Offering? {
        guard !wound.positions.isEmpty, wound.positions.count <= Self.sizeMax,
            let size = copy.segments.first(where: { $0.base == wound.segment })?.size
        else { return nil }
        // Only files of one shape have the same byte at the same place.
        let alike = donors.filter { donor in
            donor.hasSameTopic
                && donor.copy.segments.contains { $0.base == wound.segment && $0.size == size }
        }
        guard alike.count >= 2 else { return nil }
        var votes: [[UInt8]] = []
        for voter in [copy] + alike.map(\.copy) {
            guard let bytes = try? bytes(of: voter, wound), bytes.count == wound.positions.count
            else { continue }
            votes.append(bytes)
        }
        guard votes.count >= 3 else { return nil }
        return Offering(
            folder: "the vote of \(votes.count) copies", hasSameTopic: true,
            batches: batches(in: votes, wound))
    }

    private func bytes(of voter: LogCopy, _ wound: Wound) throws(LogError) -> [UInt8] {
        try wrapping { () throws(FileError) in
            let file = try OpenFile(voter.path(wound.segment), .read, in: voter.fileSystem)
            let copied = try file.copyBytes(
                at: FilePosition(wound.positions.lowerBound), count: wound.positions.count)
            return copied.bytes(in: 0..<copied.count).array()
        }
    }

    /// For each place the byte that most have; the first copy's where none has more than another.
    static func majority(of votes: [[UInt8]]) -> [UInt8] {
        var agreed = votes[0]
        for place in agreed.indices {
            var best = (byte: agreed[place], count: 0)
            for vote in votes {
                let count = votes.count { $0[place] == vote[place] }
                if count > best.count { best = (vote[place], count) }
            }
            agreed[place] = best.byte
        }
        return agreed
    }

    /// The batches that the agreed bytes hold, one after the other from the wound's first offset
    /// on, and those before its end.
    private func batches(in votes: [[UInt8]], _ wound: Wound) -> [FoundBatch] {
        let bytes = Self.majority(of: votes)
        var found: [FoundBatch] = []
        var position = 0
        while position < bytes.count {
            let rest = Array(bytes[position...].prefix(Self.batchSize(bytes, at: position)))
            let span = rest.rawSpan
            guard let header = try? BatchCheck.frame(mapped: span),
                Self.isElected(bytes, by: votes, at: position),
                var batch = FoundBatch(
                    header, span, in: copy.path(wound.segment),
                    at: wound.positions.lowerBound + position)
            else {
                // The vote may fail here and hold again behind it.
                position += 1
                continue
            }
            batch.content = rest
            found.append(batch)
            position += rest.count
        }
        return found
    }

    /// Whether more than half of the copies have each byte before the checksum's reach: a base
    /// offset or leader epoch that merely stands in one of them is no better than any other.
    private static func isElected(
        _ bytes: [UInt8], by votes: [[UInt8]], at position: Int
    ) -> Bool {
        (position..<position + BatchLayout.magic.start).allSatisfy { place in
            votes.count { $0[place] == bytes[place] } * 2 > votes.count
        }
    }

    /// How many bytes the batch that would start there claims; 0 when none can.
    private static func batchSize(_ bytes: [UInt8], at position: Int) -> Int {
        guard bytes.count - position >= BatchLayout.headerSize,
            let header = BatchHeader(bytes.rawSpan, at: position),
            header.magic == BatchLayout.currentMagic,
            header.sizeInBytes >= BatchLayout.headerSize,
            header.sizeInBytes <= bytes.count - position
        else { return 0 }
        return header.sizeInBytes
    }
}
