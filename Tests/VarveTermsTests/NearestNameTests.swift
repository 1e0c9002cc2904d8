import Testing
import VarveTerms

@Suite("NearestName")
struct NearestNameTests {
    private let names = ["append", "read", "recover", "log.dirs", "num.partitions"]

    @Test("no name is near to a strange word, to none, and to one of a stranger's length")
    func none() {
        #expect(NearestName.find("qqqqqqqq", among: names) == nil)
        #expect(NearestName.find("re", among: ["recover"]) == nil)
        #expect(NearestName.find("read", among: [String]()) == nil)
        let long = String(repeating: "q", count: 81)
        #expect(NearestName.find(long, among: [long]) == nil)
    }

    @Test("letters too many, too few, or wrong lead to the name, and so does its beginning")
    func near() {
        #expect(NearestName.find("apend", among: names) == "append")
        #expect(NearestName.find("reed", among: names) == "read")
        #expect(NearestName.find("log.dir.s", among: names) == "log.dirs")
        #expect(NearestName.find("num", among: names) == "num.partitions")
    }

    @Test("of two names that are equally near the first by letters is chosen, in either order")
    func equal() {
        #expect(NearestName.find("card", among: ["cart", "care"]) == "care")
        #expect(NearestName.find("card", among: ["care", "cart"]) == "care")
    }
}
