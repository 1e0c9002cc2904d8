internal import VarveWire

/// Which way levels of features may go, in Kafka's numbers.
public enum FeatureDirection: Int8, Hashable, Sendable {
    case up = 1
    /// Only where no metadata is lost.
    case down = 2
    /// Even if metadata is lost.
    case downWithLoss = 3
}

extension Client {
    /// Has the cluster go by other levels of features, all of them or none.
    /// - Parameter levels: by the features' names; 0 turns a feature off.
    public func update(
        features levels: [String: Int16], _ direction: FeatureDirection,
        check: ChangeDepth = .make
    ) throws(ClientError) {
        let request = UpdateFeaturesRequest(
            timeoutMs: timeoutMs,
            featureUpdates: levels.sorted { $0.key < $1.key }.map {
                .init(
                    feature: $0.key, maxVersionLevel: $0.value, upgradeType: direction.rawValue)
            }, validateOnly: check == .onlyCheck)
        try change(request, "features") { answer in
            // Old brokers refuse each feature for itself.
            let failed = answer.results.first { $0.errorCode != .none }
            guard answer.errorCode == .none else {
                return ((), answer.errorCode, answer.errorMessage)
            }
            return ((), failed?.errorCode ?? .none, failed?.errorMessage)
        }
    }
}
