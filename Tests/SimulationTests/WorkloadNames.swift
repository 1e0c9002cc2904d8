import Testing
import VarveProof

extension Workload: CustomTestStringConvertible {
    public var testDescription: String { name }
}

extension FaultWorkload: CustomTestStringConvertible {
    public var testDescription: String { name }
}
