internal import VarveWire

/// What has properties.
public struct ConfigPlace: Hashable, Sendable {
    /// Kafka's numbers for them.
    public enum Kind: Int8, Hashable, Sendable {
        case topic = 2
        case broker = 4
        case group = 32
    }

    public var kind: Kind
    /// Of a broker its id, or nothing for what holds for all of them.
    public var name: String

    public init(_ kind: Kind, _ name: String) { (self.kind, self.name) = (kind, name) }
}

extension ConfigPlace: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .broker where name.isEmpty: "all brokers"
        default: "\(kind) \(name)"
        }
    }
}

/// A property with its value, and where that comes from.
public struct ConfigRow: Hashable, Sendable {
    public var name: String
    /// Nil when there is none, or nobody may see it.
    public var value: String?
    public var source: Source
    public var isReadOnly: Bool
    public var isSensitive: Bool

    /// Kafka's numbers; others are kept.
    public enum Source: Hashable, Sendable {
        case topic, broker, allBrokers, started, standard, group
        case other(Int8)

        init(_ number: Int8) {
            switch number {
            case 1: self = .topic
            case 2: self = .broker
            case 3: self = .allBrokers
            case 4: self = .started
            case 5: self = .standard
            case 8: self = .group
            default: self = .other(number)
            }
        }

        /// A word for tables.
        public var word: String {
            switch self {
            case .topic: "topic"
            case .broker: "broker"
            case .allBrokers: "all brokers"
            case .started: "started with"
            case .standard: "default"
            case .group: "group"
            case .other(let number): "source \(number)"
            }
        }
    }
}

/// A change of one property.
public enum ConfigChange: Hashable, Sendable {
    case set(String, to: String)
    case unset(String)
}

extension Client {
    /// Asks for all properties of one thing, in the order of their names.
    public func configs(of place: ConfigPlace) throws(ClientError) -> [ConfigRow] {
        let request = DescribeConfigsRequest(
            resources: [
                .init(
                    resourceType: place.kind.rawValue, resourceName: place.name,
                    configurationKeys: nil)
            ], includeSynonyms: false)
        return try patiently("\(place)") { deadline throws(ClientError) in
            let answer = try ask(request, of: target(of: place), until: deadline)
            guard let result = answer.results.first else {
                throw .refused(.unknownServerError, subject: "\(place)", message: "an empty answer")
            }
            if result.errorCode.isPassing { return .again(result.errorCode) }
            guard result.errorCode == .none else {
                throw .refused(
                    result.errorCode, subject: "\(place)", message: result.errorMessage)
            }
            return .done(
                result.configs.sorted { $0.name < $1.name }.map { row in
                    ConfigRow(
                        name: row.name, value: row.value,
                        source: ConfigRow.Source(row.configSource), isReadOnly: row.readOnly,
                        isSensitive: row.isSensitive)
                })
        }
    }

    /// Changes properties of one thing, all of them or none.
    public func change(
        _ changes: [ConfigChange], of place: ConfigPlace, check: ChangeDepth = .make
    ) throws(ClientError) {
        let request = IncrementalAlterConfigsRequest(
            resources: [
                .init(
                    resourceType: place.kind.rawValue, resourceName: place.name,
                    configs: changes.map { change in
                        switch change {
                        case .set(let name, to: let value):
                            .init(name: name, configOperation: 0, value: value)
                        case .unset(let name): .init(name: name, configOperation: 1, value: nil)
                        }
                    })
            ], validateOnly: check == .onlyCheck)
        try patiently("\(place)") { deadline throws(ClientError) -> Attempt<Void> in
            let answer = try ask(request, of: target(of: place), until: deadline)
            let code = answer.responses.first?.errorCode ?? .unknownServerError
            if code.isPassing { return .again(code) }
            guard code == .none else {
                throw .refused(
                    code, subject: "\(place)", message: answer.responses.first?.errorMessage)
            }
            return .done(())
        }
    }

    /// A broker answers for its own properties alone.
    private func target(of place: ConfigPlace) -> Target {
        guard place.kind == .broker, let id = Int32(place.name) else { return .controller }
        return .broker(id)
    }
}
