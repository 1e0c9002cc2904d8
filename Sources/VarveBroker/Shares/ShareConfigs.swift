internal import VarveLog
internal import VarveMetadata
internal import VarveShares

/// The properties that are in force for a share group.
struct ShareConfigs {
    private let configs: GroupConfigs

    init(_ group: String, _ broker: BrokerConfigs) {
        configs = GroupConfigs(group: group, broker: broker)
    }

    private func value(of name: String) -> String? {
        ConfigTable.groups[name].flatMap { configs.candidates(for: $0).first?.value }
    }

    private func integer(_ name: String) -> Int64 {
        guard let text = value(of: name), case .integer(let value)? = ConfigValue(text, as: .long)
        else { return 0 }
        return value
    }

    var settings: ShareGroupSettings {
        var settings = ShareGroupSettings()
        settings.heartbeatInterval = .milliseconds(integer("share.heartbeat.interval.ms"))
        settings.sessionTimeout = .milliseconds(integer("share.session.timeout.ms"))
        settings.assignmentInterval = .milliseconds(integer("share.assignment.interval.ms"))
        settings.memberCountMax = Int(configs.broker.integer("group.share.max.size") ?? 200)
        return settings
    }

    var limits: ShareLimits {
        var limits = ShareLimits()
        limits.deliveryCountMax = Int16(clamping: integer("share.delivery.count.limit"))
        limits.lockDuration = .milliseconds(integer("share.record.lock.duration.ms"))
        limits.inFlightCountMax = integer("share.partition.max.record.locks")
        return limits
    }

    var initialPosition: InitialPosition {
        value(of: "share.auto.offset.reset").flatMap { InitialPosition($0) } ?? .latest
    }

    var isolation: ReadIsolation {
        value(of: "share.isolation.level")?.lowercased() == "read_committed"
            ? .committed : .uncommitted
    }

    /// Whether members may renew their locks.
    var takesRenewals: Bool {
        value(of: "share.renew.acknowledge.enable")?.lowercased() != "false"
    }
}

extension BrokerConfigs {
    func integer(_ name: String) -> Int64? {
        guard let text = value(of: name), case .integer(let value)? = ConfigValue(text, as: .long)
        else { return nil }
        return value
    }
}

extension Broker {
    func shareConfigs(of group: String) -> ShareConfigs { ShareConfigs(group, brokerConfigs) }
}
