import Testing

@testable import VarveLinux

@Suite("LinuxProcess+Environment")
struct LinuxProcessEnvironmentTests {
    @Test("entries without a name's end, without a zero, and twice over are read")
    func parsed() {
        let text = Array("A=1\0B\0\0C==x=\0D=\0A=2\0E=é".utf8)
        #expect(
            LinuxProcess.parse(environment: text) == [
                "A": "2", "C": "=x=", "D": "", "E": "é",
            ])
        #expect(LinuxProcess.parse(environment: []) == [:])
    }

    @Test("the environment of this process has a path")
    func own() { #expect(LinuxProcess.environment["PATH"]?.isEmpty == false) }
}
