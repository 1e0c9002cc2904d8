public import VarveMetadata
public import VarveWire

/// What becomes of a request to change the levels of features: all of it, or nothing.
public struct FeatureUpdates: Sendable {
    /// One for each level that changes.
    public let records: [MetadataRecord]
    /// The features of the request, each once, in its order.
    public let names: [String]

    /// Decides on a request.
    ///
    /// - Parameters:
    ///   - version: that of the request: the first has a mark in place of the kind of change.
    ///   - quorumLevel: the level of `kraft.version`, which no record of the image says.
    ///   - controller: the node that decides; the client is told of it.
    /// - Throws: `Refusal`, the first thing that is wrong with the request.
    public init(
        _ request: UpdateFeaturesRequest, version: Int16, in image: ClusterImage,
        quorumLevel: Int16, by controller: Int32
    ) throws(Refusal) {
        var names: [String] = []
        var updates: [String: FeatureUpdate] = [:]
        for row in request.featureUpdates {
            // The last word on a feature counts.
            if updates.updateValue(FeatureUpdate(row, version), forKey: row.feature) == nil {
                names.append(row.feature)
            }
        }
        var levels = image.features
        levels[Feature.kraftVersion.rawValue] = quorumLevel
        let proposed = levels.merging(updates.mapValues(\.level)) { $1 }
        var records: [MetadataRecord] = []
        for name in names {
            guard let update = updates[name] else { continue }
            let current = levels[name] ?? 0
            if let complaint = update.complaint(
                current: current, proposed: proposed, controller: controller)
            {
                throw Refusal(
                    .invalidUpdateVersion,
                    "The update failed for all features since the following feature had an error: "
                        + complaint)
            }
            guard update.level != current else { continue }
            records.append(
                .featureLevel(FeatureLevelRecord(name: name, featureLevel: update.level)))
        }
        (self.records, self.names) = (records, names)
    }
}

/// Which level a feature is to have.
struct FeatureUpdate {
    enum Kind {
        case upgrade
        /// Only where no metadata is lost.
        case safeDowngrade
        case unsafeDowngrade
        case unknown
    }

    let name: String
    let level: Int16
    let kind: Kind

    init(_ row: UpdateFeaturesRequest.FeatureUpdateKey, _ version: Int16) {
        (name, level) = (row.feature, row.maxVersionLevel)
        guard version > 0 else {
            kind = row.allowDowngrade ? .safeDowngrade : .upgrade
            return
        }
        switch row.upgradeType {
        case 1: kind = .upgrade
        case 2: kind = .safeDowngrade
        case 3: kind = .unsafeDowngrade
        default: kind = .unknown
        }
    }

    /// Why it cannot be, in the words of Kafka's controller; nil when it can.
    ///
    /// - Parameter proposed: the levels that all features have if the request is granted.
    func complaint(
        current: Int16, proposed: [String: Int16], controller: Int32
    ) -> String? {
        guard kind != .unknown else {
            return invalid("The controller does not support the given upgrade type.")
        }
        guard level >= 0 else { return invalid("A feature version cannot be less than 0.") }
        let feature = Feature(rawValue: name)
        // What this node knows nothing of can only be off.
        let supported = feature?.supported ?? 0...0
        guard supported.contains(level) else {
            return invalid(
                "Local controller \(controller) "
                    + (supported.upperBound == 0
                        ? "does not support this feature."
                        : "only supports versions \(supported.lowerBound)-"
                            + "\(supported.upperBound)"))
        }
        if level < current, kind == .upgrade {
            return invalid(
                "Can't downgrade the version of this feature without setting the upgrade type to "
                    + "either safe or unsafe downgrade.")
        }
        if level > current, kind != .upgrade {
            return invalid("Can't downgrade to a newer version.")
        }
        return feature.flatMap { complaint(about: $0, current: current, proposed: proposed) }
    }

    private func complaint(
        about feature: Feature, current: Int16, proposed: [String: Int16]
    ) -> String? {
        switch feature {
        case .metadataVersion:
            guard level < current, Feature.metadataDiffers(between: level, and: current) else {
                return nil
            }
            return "Unsupported metadata.version downgrade from \(current) to \(level). "
                + (kind == .unsafeDowngrade
                    ? "Unsafe metadata downgrade is not supported in this version."
                    : "Refusing to perform the requested downgrade because it might delete "
                        + "metadata information.")
        case .kraftVersion:
            return level == current
                ? nil : invalid("The voters of a quorum of one node do not change.")
        case .transactionVersion, .groupVersion, .shareVersion, .eligibleLeaderReplicasVersion:
            guard let (other, least) = feature.prerequisite(of: level),
                (proposed[other.rawValue] ?? 0) < least
            else { return nil }
            return invalid(
                "\(name) could not be set to \(level) because it depends on \(other.rawValue) "
                    + "level \(least)")
        }
    }

    private func invalid(_ reason: String) -> String {
        "Invalid update version \(level) for feature \(name). \(reason)"
    }
}
