import Testing
import VarveBytes
import VarveLinux
import VarveSockets
import VarveSystem
import VarveTerms
import VarveTransport

@Suite("EventLoop over sockets")
struct EventLoopOverSocketsTests {
    @Test("a hundred frames sent ahead are answered in order")
    func pipelined() throws {
        let server = try TestServer(EchoService())
        let client = try server.connect()
        for number in 0..<100 { client.send(frame: [UInt8(number), 1, 2]) }
        server.turns { client.frames.count == 100 }
        #expect(client.frames == (0..<100).map { [UInt8($0), 1, 2] })
    }
}
