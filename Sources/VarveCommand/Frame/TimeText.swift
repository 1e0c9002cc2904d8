internal import VarveTerms

/// Times as text, in the profile of ISO 8601 that RFC 3339 gives: `2026-01-31T18:30:00.250Z`, with
/// `+02:00` in place of `Z`, without the fraction, without seconds, or the day alone, which means
/// its start. Without a zone it is UTC.
enum TimeText {
    static func parse(_ text: String) -> Timestamp? {
        var rest = Substring(text)
        guard let year = number(&rest, digits: 4), take("-", &rest),
            let month = number(&rest, digits: 2), take("-", &rest),
            let day = number(&rest, digits: 2), (1...12).contains(month), day >= 1,
            day <= length(of: month, in: year)
        else { return nil }
        var timeMs = days(year, month, day) * 86_400_000
        if rest.isEmpty { return Timestamp(milliseconds: timeMs) }
        guard take("T", &rest) || take("t", &rest) || take(" ", &rest),
            let hour = number(&rest, digits: 2), hour < 24, take(":", &rest),
            let minute = number(&rest, digits: 2), minute < 60
        else { return nil }
        timeMs += (hour * 60 + minute) * 60_000
        if take(":", &rest) {
            // A leap second reads as the second after it.
            guard let second = number(&rest, digits: 2), second <= 60 else { return nil }
            timeMs += second * 1000
            if take(".", &rest) {
                let digits = rest.prefix { ("0"..."9").contains($0) }
                guard !digits.isEmpty else { return nil }
                rest = rest[digits.endIndex...]
                timeMs += Int64((digits + "00").prefix(3)) ?? 0
            }
        }
        guard let zoneMs = zone(&rest), rest.isEmpty else { return nil }
        return Timestamp(milliseconds: timeMs - zoneMs)
    }

    /// `2026-01-31T18:30:00.250Z`; the bare number outside of the years 0 to 9999.
    @Sendable
    static func show(_ time: Timestamp) -> String {
        guard time.milliseconds >= days(0, 1, 1) * 86_400_000,
            time.milliseconds < days(10_000, 1, 1) * 86_400_000
        else { return "\(time)" }
        let dayMs: Int64 = 86_400_000
        let day = Int64((Double(time.milliseconds) / Double(dayMs)).rounded(.down))
        let restMs = time.milliseconds - day * dayMs
        let (year, month, dayOfMonth) = date(day)
        let clock = [restMs / 3_600_000, restMs / 60_000 % 60, restMs / 1000 % 60]
            .map { padded($0, 2) }.joined(separator: ":")
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(dayOfMonth, 2))T"
            + "\(clock).\(padded(restMs % 1000, 3))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func number(_ rest: inout Substring, digits: Int) -> Int64? {
        let text = rest.prefix(digits)
        guard text.count == digits, let number = WholeNumber.parse(text) else { return nil }
        rest = rest[text.endIndex...]
        return Int64(number)
    }

    private static func take(_ letter: Character, _ rest: inout Substring) -> Bool {
        guard rest.first == letter else { return false }
        rest.removeFirst()
        return true
    }

    /// Milliseconds by which the zone's clocks are ahead of UTC.
    private static func zone(_ rest: inout Substring) -> Int64? {
        if rest.isEmpty || take("Z", &rest) || take("z", &rest) { return 0 }
        let sign: Int64 = rest.first == "-" ? -1 : 1
        guard take("+", &rest) || take("-", &rest), let hour = number(&rest, digits: 2), hour < 24,
            take(":", &rest), let minute = number(&rest, digits: 2), minute < 60
        else { return nil }
        return sign * (hour * 60 + minute) * 60_000
    }

    private static func length(of month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    // The calendar is counted in years that start in March, so that the leap day comes last: the
    // days before month m of such a year are (153 m + 2) / 5, and 400 years have 146,097 days.
    // 719,468 days lie between the first of March of the year 0 and the first of January 1970.

    /// Days from 1970-01-01 to a date of the Gregorian calendar.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month > 2 ? year + 400 : year + 399
        let marchMonth = (month + 9) % 12
        let yearDays = marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400
        return yearDays + (153 * marchMonth + 2) / 5 + day - 1 - 719_468 - 146_097
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468 + 146_097
        let cycle = shifted / 146_097
        let dayOfCycle = shifted % 146_097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear =
            dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = cycle * 400 + yearOfCycle + (month <= 2 ? 1 : 0) - 400
        return (year, month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }
}
