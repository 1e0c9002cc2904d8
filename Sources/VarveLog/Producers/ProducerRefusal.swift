/// Why a leader does not take a producer's batch.
public enum ProducerRefusal: Error, Hashable, Sendable {
    /// The batch does not go on where the producer's last one ended: one between them is missing,
    /// or it is one that was sent long ago.
    case outOfOrderSequence(producerId: Int64, expected: Int32, found: Int32)
    /// A newer incarnation of the producer has written, or was fenced off, since.
    case staleEpoch(producerId: Int64, current: Int16, found: Int16)
    /// A newer coordinator has ended a transaction of the producer since.
    case staleCoordinator(producerId: Int64, current: Int32, found: Int32)
    /// Records outside of a transaction, of a producer that has one open.
    case notTransactional(producerId: Int64)
}

extension ProducerRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .outOfOrderSequence(let id, let expected, let found):
            "producer \(id) sent sequence \(found), expected is \(expected)"
        case .staleEpoch(let id, let current, let found):
            "producer \(id) sent epoch \(found), its epoch is \(current) by now"
        case .staleCoordinator(let id, let current, let found):
            "a coordinator of epoch \(found) ended a transaction of producer \(id), "
                + "one of epoch \(current) did before"
        case .notTransactional(let id):
            "producer \(id) has a transaction open and sent records outside of it"
        }
    }
}
