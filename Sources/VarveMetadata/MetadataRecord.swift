public import VarveBytes
internal import VarveTerms
public import VarveWire

/// A record of the metadata log, as its value holds it: three varints (the version of this frame,
/// which message, its version), then the message.
///
/// *Source*: KIP-631; `docs/formats` names the log's place.
public enum MetadataRecord: Equatable, Sendable {
    case registerBroker(RegisterBrokerRecord)
    case unregisterBroker(UnregisterBrokerRecord)
    case topic(TopicRecord)
    case partition(PartitionRecord)
    case config(ConfigRecord)
    case partitionChange(PartitionChangeRecord)
    case fenceBroker(FenceBrokerRecord)
    case unfenceBroker(UnfenceBrokerRecord)
    case removeTopic(RemoveTopicRecord)
    case featureLevel(FeatureLevelRecord)
    case producerIds(ProducerIdsRecord)
    case brokerRegistrationChange(BrokerRegistrationChangeRecord)
    case clearElr(ClearElrRecord)
    /// Of a feature that the image does not keep yet, by its number.
    case other(Int16)

    /// Of the frame, which has had no other.
    static let frameVersion: UInt32 = 1

    /// - Throws: what is wrong with the bytes of a record's value.
    public init(decoding value: RawSpan) throws(MetadataError) {
        var bytes = ByteReader(value, at: 0)
        guard let frame = bytes.unsignedVarint(), let key = bytes.unsignedVarint(),
            let version = bytes.unsignedVarint()
        else { throw .unreadable("the frame of the record is cut off") }
        guard frame == Self.frameVersion else {
            throw .unreadable("the record has frame version \(frame), only 1 is known")
        }
        guard let key = Int16(exactly: key), let version = Int16(exactly: version) else {
            throw .unreadable("the record's message or version is out of range")
        }
        var reader = WireReader(value.extracting(bytes.position..<value.byteCount))
        do throws(WireError) {
            self = try Self.decode(key, &reader, version)
        } catch {
            throw .unreadable("\(error)")
        }
    }

    private static func decode(
        _ key: Int16, _ reader: inout WireReader, _ version: Int16
    ) throws(WireError) -> MetadataRecord {
        switch key {
        case 0: .registerBroker(try RegisterBrokerRecord(decoding: &reader, version: version))
        case 1: .unregisterBroker(try UnregisterBrokerRecord(decoding: &reader, version: version))
        case 2: .topic(try TopicRecord(decoding: &reader, version: version))
        case 3: .partition(try PartitionRecord(decoding: &reader, version: version))
        case 4: .config(try ConfigRecord(decoding: &reader, version: version))
        case 5: .partitionChange(try PartitionChangeRecord(decoding: &reader, version: version))
        case 7: .fenceBroker(try FenceBrokerRecord(decoding: &reader, version: version))
        case 8: .unfenceBroker(try UnfenceBrokerRecord(decoding: &reader, version: version))
        case 9: .removeTopic(try RemoveTopicRecord(decoding: &reader, version: version))
        case 12: .featureLevel(try FeatureLevelRecord(decoding: &reader, version: version))
        case 15: .producerIds(try ProducerIdsRecord(decoding: &reader, version: version))
        case 17:
            .brokerRegistrationChange(
                try BrokerRegistrationChangeRecord(decoding: &reader, version: version))
        case 28: .clearElr(try ClearElrRecord(decoding: &reader, version: version))
        default: .other(key)
        }
    }

    /// Appends the record's value in the newest version.
    /// - Throws: `.unreadable` for a record that this program cannot write.
    public func encode(into buffer: inout ByteBuffer) throws(MetadataError) {
        switch self {
        case .registerBroker(let record): try Self.encode(record, into: &buffer)
        case .unregisterBroker(let record): try Self.encode(record, into: &buffer)
        case .topic(let record): try Self.encode(record, into: &buffer)
        case .partition(let record): try Self.encode(record, into: &buffer)
        case .config(let record): try Self.encode(record, into: &buffer)
        case .partitionChange(let record): try Self.encode(record, into: &buffer)
        case .fenceBroker(let record): try Self.encode(record, into: &buffer)
        case .unfenceBroker(let record): try Self.encode(record, into: &buffer)
        case .removeTopic(let record): try Self.encode(record, into: &buffer)
        case .featureLevel(let record): try Self.encode(record, into: &buffer)
        case .producerIds(let record): try Self.encode(record, into: &buffer)
        case .brokerRegistrationChange(let record): try Self.encode(record, into: &buffer)
        case .clearElr(let record): try Self.encode(record, into: &buffer)
        case .other(let key): throw .unreadable("records with number \(key) are not written")
        }
    }

    private static func encode<Message: WireMessage>(
        _ message: Message, into buffer: inout ByteBuffer
    ) throws(MetadataError) {
        let schema = Message.schema
        let version = schema.versions.upperBound
        buffer.appendUnsigned(UInt64(frameVersion))
        buffer.appendUnsigned(UInt64(schema.key ?? 0))
        buffer.appendUnsigned(UInt64(version))
        var writer = WireWriter()
        do throws(WireError) {
            try message.encode(into: &writer, version: version)
        } catch {
            throw .unreadable("\(error)")
        }
        buffer.append(writer.buffer.bytes)
    }
}

/// Why a record of the metadata log does not fit.
public enum MetadataError: Error, Hashable, Sendable {
    case unreadable(String)
    /// It speaks of something that is not there.
    case unknown(String)
}

extension MetadataError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreadable(let reason), .unknown(let reason): reason
        }
    }
}
