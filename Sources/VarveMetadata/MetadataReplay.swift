public import VarveWire

/// Adds up metadata records as they stand in the log, transactions of them too.
///
/// Kafka's controller brackets records that only hold together; without their end they do not count
/// (KIP-868).
///
/// *Invariants*: `image` has the records of an open transaction; `withoutOpenTransaction` has not.
public struct MetadataReplay: Sendable {
    public private(set) var image: ClusterImage
    /// The image before the open transaction; nil when none is open.
    private var beforeTransaction: ClusterImage?

    public init(from image: ClusterImage = ClusterImage()) { self.image = image }

    public var isInTransaction: Bool { beforeTransaction != nil }

    /// The image as it is if the open transaction never ends.
    public var withoutOpenTransaction: ClusterImage { beforeTransaction ?? image }

    /// Adds a record.
    /// - Throws: what `ClusterImage.replay` throws; `.misplaced` for the end of a transaction that
    ///   did not begin, or the beginning of one inside another.
    public mutating func replay(_ record: MetadataRecord) throws(MetadataError) {
        switch record {
        case .beginTransaction(let begin):
            guard beforeTransaction == nil else {
                throw .misplaced(
                    "transaction '\(begin.name ?? "")' begins inside another transaction")
            }
            beforeTransaction = image
        case .endTransaction:
            guard beforeTransaction != nil else {
                throw .misplaced("a transaction ends that did not begin")
            }
            beforeTransaction = nil
        case .abortTransaction:
            guard let before = beforeTransaction else {
                throw .misplaced("a transaction is given up that did not begin")
            }
            image = before
            beforeTransaction = nil
        default: try image.replay(record)
        }
    }
}
