internal import VarveWire

/// What a broker says that it speaks.
public struct BrokerVersions: Hashable, Sendable {
    /// A feature of the cluster, such as `metadata.version`.
    public struct Feature: Hashable, Sendable {
        public var name: String
        /// What the broker could do.
        public var supported: ClosedRange<Int16>?
        /// What the cluster does.
        public var level: Int16?
    }

    /// An API with the versions of it.
    public struct Service: Hashable, Sendable {
        public var key: Int16
        /// Nil for one that is not known here.
        public var name: String?
        public var first: Int16
        public var last: Int16
    }

    /// By name.
    public var features: [Feature]
    /// By key.
    public var services: [Service]
}

extension Client {
    /// Asks a broker for what it speaks.
    public func versions() throws(ClientError) -> BrokerVersions {
        let answer = try connection(to: .anyone, until: deadline()).features
        let levels = Dictionary(
            answer.finalizedFeatures.map { ($0.name, $0.maxVersionLevel) },
            uniquingKeysWith: { first, _ in first })
        let ranges = Dictionary(
            answer.supportedFeatures.map { ($0.name, ($0.minVersion, $0.maxVersion)) },
            uniquingKeysWith: { first, _ in first })
        return BrokerVersions(
            features: Set(levels.keys).union(ranges.keys).sorted().map { name in
                let range = ranges[name].flatMap { low, high in low <= high ? low...high : nil }
                return .init(name: name, supported: range, level: levels[name])
            },
            services: answer.apiKeys.sorted { $0.apiKey < $1.apiKey }.map { row in
                .init(
                    key: row.apiKey, name: APIKey(rawValue: row.apiKey).map { "\($0)" },
                    first: row.minVersion, last: row.maxVersion)
            })
    }
}
