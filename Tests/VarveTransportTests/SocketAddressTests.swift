import Testing
import VarveTransport

@Suite("SocketAddress")
struct SocketAddressTests {
    @Test("what is no address of version 4 is not taken for one")
    func dotted() {
        for text in ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1..3.4", "a.b.c.d", "0001.2.3.4"] {
            #expect(IPAddress(dotted: text) == nil, "\(text)")
        }
        #expect(IPAddress(dotted: "127.0.0.1") == .loopback)
        #expect(IPAddress(dotted: "255.1.0.2")?.description == "255.1.0.2")
    }

    @Test(
        "addresses are written as RFC 5952 says",
        arguments: [
            (IPAddress.v4(0), "0.0.0.0"),
            (.v4(0xC0A8_01FE), "192.168.1.254"),
            (.v6(high: 0, low: 0), "::"),
            (.v6(high: 0, low: 1), "::1"),
            (.v6(high: 0x2001_0db8_0000_0000, low: 0), "2001:db8::"),
            // The first of two runs of equal length; a single zero group stays.
            (.v6(high: 0x2001_0db8_0000_0000, low: 0x0001_0000_0000_0001), "2001:db8::1:0:0:1"),
            (.v6(high: 0x2001_0db8_0000_0001, low: 0x0001_0001_0001_0001), "2001:db8:0:1:1:1:1:1"),
            (.v6(high: 0x2001_0000_0000_0001, low: 1), "2001:0:0:1::1"),
            (.v6(high: .max, low: .max), "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ])
    func text(_ address: IPAddress, _ text: String) {
        #expect(address.description == text)
    }

    @Test("a port follows, and brackets keep it apart from an address of version 6")
    func ports() {
        #expect(SocketAddress(.loopback, port: 9092).description == "127.0.0.1:9092")
        #expect(SocketAddress(.v6(high: 0, low: 1), port: 0).description == "[::1]:0")
        #expect(Endpoint(host: "localhost", port: 9092).description == "localhost:9092")
        #expect(Endpoint(host: "", port: 9092).description == "*:9092")
        #expect(Endpoint(host: "::1", port: 9092).description == "[::1]:9092")
    }
}
