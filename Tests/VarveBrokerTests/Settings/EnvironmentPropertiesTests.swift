import Testing

@testable import VarveBroker

@Suite("EnvironmentProperties")
struct EnvironmentPropertiesTests {
    @Test("a variable of Varve's that is no property is refused, with the one that was meant")
    func unknown() {
        let mistakes = [
            "VARVE_NUM_PARTITION": "VARVE_NUM_PARTITIONS",
            "VARVE_VARVE_FLUSH_POLICE": "VARVE_VARVE_FLUSH_POLICY",
            "VARVE_LOG_DIR_S": "VARVE_LOG_DIRS",
            "VARVE_QQQQQQQQQQQQQQQQQQ": nil, "VARVE_": nil,
        ]
        for (name, nearest) in mistakes {
            #expect(throws: SettingsError.unknown(name: name, nearest: nearest)) {
                try EnvironmentProperties([name: "1"])
            }
        }
    }

    @Test("what means something to others does nothing")
    func others() throws {
        let environment = [
            "KAFKA_HEAP_OPTS": "-Xmx1g", "KAFKA_OPTS": "", "KAFKA_JMX_PORT": "9999",
            "KAFKA_VERSION": "4.3.1", "KAFKA_": "", "KAFKA": "x", "VARVE": "x", "HOME": "/root",
            "num.partitions": "7", "VARVE_SEED": "1",
        ]
        #expect(try EnvironmentProperties(environment).values == [:])
    }

    @Test("names are spelled as Kafka's images spell them, and Varve's own win")
    func spelled() throws {
        let environment = [
            "KAFKA_NUM_PARTITIONS": "3", "VARVE_NUM_PARTITIONS": "4",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "A:PLAINTEXT", "VARVE_NODE_ID": "7",
            "VARVE_FLUSH_POLICY": "page-cache", "VARVE_VARVE_SCRUB_INTERVAL_MS": "-1",
            "KAFKA_LISTENER_NAME_MY__NAME_SSL_KEYSTORE_TYPE": "PEM",
            "KAFKA_LISTENER_NAME_A___B_SSL_KEYSTORE_TYPE": "JKS", "VARVE_LOG_DIRS": "",
        ]
        #expect(
            try EnvironmentProperties(environment).values == [
                "num.partitions": "4", "listener.security.protocol.map": "A:PLAINTEXT",
                "node.id": "7", "varve.flush.policy": "page-cache",
                "varve.scrub.interval.ms": "-1", "listener.name.my_name.ssl.keystore.type": "PEM",
                "listener.name.a-b.ssl.keystore.type": "JKS", "log.dirs": "",
            ])
    }
}
