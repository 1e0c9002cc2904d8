/// The searches behind the rows of the table that need nothing but this process.
package enum Proofs {
    /// In the order in which they run: those without an end last, so that they get the time that
    /// the others leave.
    package static let all: [any ProofSearch] =
        FaultProof.all + [ShortTransferProof()] + FileDamageProof.all + [
            CopiesProof(.helical), CopiesProof(.lost), TornProof(),
        ]
        + [ByteProof(.bits)] + SectorProof.Kind.allCases.map { SectorProof($0) }
        + [ByteProof(.values), CrashProof()]

    /// Plays the case that a violation named: `G4/…`.
    /// - Returns: what is wrong; nil when nothing is.
    /// - Throws: `ReplayError` for a text that names no case.
    package static func fault(replaying text: String) throws -> String? {
        for search in all {
            let start = "\(search.row)/\(search.key)/"
            guard text.hasPrefix(start) else { continue }
            return try search.fault(replaying: String(text.dropFirst(start.count)))
        }
        throw ReplayError("no row knows the case \(text)")
    }
}
