import Testing
import VarveBytes
import VarveTerms
import VarveTransport

@Suite("FrameAssembler")
struct FrameAssemblerTests {}
