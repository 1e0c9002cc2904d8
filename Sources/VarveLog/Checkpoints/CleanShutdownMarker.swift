public import VarveTerms

/// The file that says by being there that the directory was closed in order: everything flushed,
/// all checkpoints written.
///
/// It is written last and deleted before anything else is touched at the next opening. So any
/// content proves the clean close, and none is refused: older versions of Kafka leave it empty,
/// and of a damaged one only the broker epoch is lost.
///
/// *Source*: KIP-966, docs/formats/clean-shutdown.md.
public struct CleanShutdownMarker: WholeFileContent {
    public static let fileName = ".kafka_cleanshutdown"

    /// The one line takes at most 51 bytes; the rest is room for what later versions may add.
    public static let sizeMax = ByteCount.kib(4)

    /// Under which epoch the broker was registered when it closed the directory; nil when the file
    /// does not say.
    public let brokerEpoch: Int64?

    public init(brokerEpoch: Int64?) { self.brokerEpoch = brokerEpoch }

    /// Reads the content of the file, whatever it is.
    public init(parsing bytes: [UInt8]) {
        var scanner = JSONScanner(bytes)
        brokerEpoch = scanner.integer(of: "brokerEpoch")
    }

    /// Empty without a broker epoch.
    public func printed() -> [UInt8] {
        guard let brokerEpoch else { return [] }
        return Array("{\"version\":0,\"brokerEpoch\":\(brokerEpoch)}".utf8)
    }
}
