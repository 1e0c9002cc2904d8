import CFuzz

/// How the program ends, and what only C lends to it.
enum Ending {
    /// Says why on standard output, and ends with 1.
    static func fail(_ reason: String) -> Never {
        print(reason)
        varve_fuzz_exit(1)
    }

    /// A copy of a word that lives as long as the process.
    static func copy(_ word: String) -> UnsafeMutablePointer<CChar>? {
        unsafe word.withCString { unsafe varve_fuzz_copy($0) }
    }
}
