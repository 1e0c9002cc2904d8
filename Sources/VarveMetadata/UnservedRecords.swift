internal import VarveTerms
internal import VarveWire

/// Records of what nothing here serves: who may do what, quotas, credentials, controllers. They
/// are kept as they are, so that a snapshot loses nothing of what another broker wrote.
struct UnservedRecords: Equatable, Sendable {
    private var controllers: [Int32: RegisterControllerRecord] = [:]
    private var quotas: [Quota: ClientQuotaRecord] = [:]
    private var accessControl: [UniqueID: AccessControlEntryRecord] = [:]
    private var credentials: [Credential: UserScramCredentialRecord] = [:]
    private var tokens: [String: DelegationTokenRecord] = [:]
    private var migration: ZkMigrationStateRecord?

    /// How many entries say who may do what.
    var accessControlCount: Int { accessControl.count }

    /// What a quota record is the latest word on.
    private struct Quota: Hashable, Comparable {
        /// Pairs of kind and name, in order; a name that is nil is the default of its kind.
        var entity: [[String?]]
        var key: String

        init(_ record: ClientQuotaRecord) {
            entity = record.entity.map { [$0.entityType, $0.entityName] }
                .sorted { Self.text(of: [$0]) < Self.text(of: [$1]) }
            key = record.key
        }

        static func < (left: Self, right: Self) -> Bool {
            (text(of: left.entity), left.key) < (text(of: right.entity), right.key)
        }

        private static func text(of entity: [[String?]]) -> String {
            entity.map { "\($0[0] ?? "") \($0[1].map { "=" + $0 } ?? "")" }
                .joined(separator: "\n")
        }
    }

    private struct Credential: Hashable, Comparable {
        var name: String
        var mechanism: Int8

        static func < (left: Self, right: Self) -> Bool {
            (left.name, left.mechanism) < (right.name, right.mechanism)
        }
    }

    /// Adds a record; those of served things change nothing here.
    mutating func replay(_ record: MetadataRecord) {
        switch record {
        case .registerController(let record): controllers[record.controllerId] = record
        case .clientQuota(let record): quotas[Quota(record)] = record.remove ? nil : record
        case .accessControlEntry(let record): accessControl[record.id] = record
        case .removeAccessControlEntry(let record): accessControl[record.id] = nil
        case .userScramCredential(let record):
            let owner = Credential(name: record.name, mechanism: record.mechanism)
            credentials[owner] = record
        case .removeUserScramCredential(let record):
            let owner = Credential(name: record.name, mechanism: record.mechanism)
            credentials[owner] = nil
        case .delegationToken(let record): tokens[record.tokenId] = record
        case .removeDelegationToken(let record): tokens[record.tokenId] = nil
        case .zkMigrationState(let record): migration = record
        default: break
        }
    }

    // What Kafka's snapshots have behind the features, the brokers, the properties, and last.

    var behindFeatures: [MetadataRecord] { migration.map { [.zkMigrationState($0)] } ?? [] }

    var behindBrokers: [MetadataRecord] {
        Self.sorted(controllers).map { .registerController($0) }
    }

    var behindConfigs: [MetadataRecord] { Self.sorted(quotas).map { .clientQuota($0) } }

    var last: [MetadataRecord] {
        Self.sorted(accessControl).map { .accessControlEntry($0) }
            + Self.sorted(credentials).map { .userScramCredential($0) }
            + Self.sorted(tokens).map { .delegationToken($0) }
    }

    private static func sorted<Key: Comparable, Value>(_ records: [Key: Value]) -> [Value] {
        records.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func sorted<Value>(_ records: [UniqueID: Value]) -> [Value] {
        records.sorted { ($0.key.high, $0.key.low) < ($1.key.high, $1.key.low) }.map(\.value)
    }
}
