/// The options by which commands whose changes cannot be taken back are told to go ahead.
enum ChangeChoice {
    static let execute = Switch(
        "execute", "do it: without this the command only tells what it would do")
}
