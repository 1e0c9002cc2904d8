internal import VarveBroker

/// The properties of a broker in a test.
enum TestProperties {
    /// Where a broker of a test differs from one that serves: nobody waits three seconds for more
    /// members of a group, and one partition each keeps all groups and all transactions.
    private static let standard = [
        "group.initial.rebalance.delay.ms": "0", "offsets.topic.num.partitions": "1",
        "transaction.state.log.num.partitions": "1",
        "share.coordinator.state.topic.num.partitions": "1",
    ]

    /// - Parameter fallbacks: what holds unless `given` says otherwise.
    static func settings(
        _ given: [String: String], over fallbacks: [String: String]
    ) throws(TestBrokerError) -> BrokerSettings {
        var configs = StaticConfigs()
        do throws(SettingsError) {
            for layer in [standard, fallbacks, given] { try configs.add(layer) }
            return try BrokerSettings(configs)
        } catch {
            throw .settings(error)
        }
    }
}
