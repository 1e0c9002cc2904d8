internal import VarveRecords
internal import VarveWire

/// What the control records of the metadata log say of its quorum. Nothing here acts on it; it is
/// kept, so that a snapshot has it, too.
struct QuorumRecords: Equatable {
    /// Nil in a quorum whose voters are named by properties.
    var version: KRaftVersionRecord?
    var voters: VotersRecord?

    /// Adds a control record; those that say nothing of the quorum change nothing.
    mutating func replay(_ control: ControlRecord, _ value: RawSpan) throws(WireError) {
        var reader = WireReader(value)
        switch control.kind {
        case .kraftVersion: version = try KRaftVersionRecord(decoding: &reader, version: 0)
        case .kraftVoters: voters = try VotersRecord(decoding: &reader, version: 0)
        case .abort, .commit, .leaderChange, .snapshotHeader, .snapshotFooter, .unknown: break
        }
    }
}
