import LinuxPlatform

/// The time that has really passed, as far as there is evidence; ages are measured with it.
///
/// The wall clock of a camera's computer can be years off: at 1970 until a time server answers, at any date with a dead
/// battery, hours off where the hardware's clock keeps local time. Nothing may be removed because of that. So plant
/// time
/// * advances with the clock that counts from the machine's start and never jumps, whatever the wall clock does;
/// * takes from the wall clock how long the machine was off, if that is plausible: at most `longestBreak`. It counts
///   only after `confirmation` of running in which the wall clock did not take it back;
/// * lets the wall clock take back what it gave;
/// * ignores the wall clock while it is wrong, and the time of a longer break. If the wall clock stays where
///   it is for `confirmation`, it is followed again from there.
///
/// So it may lag behind true time by the long breaks, and runs ahead of it only if a wall clock is up to `longestBreak`
/// wrong and stays so for `confirmation`.
package struct PlantClock: Codable, Sendable, Equatable {
    /// A holiday with the machines off.
    static let longestBreak = 4 * 86_400.0
    /// The largest backward step of a wall clock that does not count as wrong: local time taken for UTC, and some more.
    static let furthestBack = 26 * 3600.0
    /// Running time after which a break counts, and a wrong clock is followed.
    static let confirmation = 86_400.0

    /// Time off that is not confirmed.
    struct Credit: Codable, Sendable, Equatable {
        var seconds, left: Double
    }

    struct Astray: Codable, Sendable, Equatable {
        /// The wall clock's offset from where it should be.
        var by: Double
        /// Running time since.
        var running: Double
    }

    /// Certain to have passed.
    package private(set) var certain: Double
    private(set) var credits: [Credit] = []
    /// The wall clock's lead over plant time while it is followed.
    private(set) var offset = 0.0
    private(set) var astray: Astray?
    /// Running time in all.
    package private(set) var running = 0.0
    /// The latest possible time at the last reading that was followed: a break counted later lies after it.
    private var lastFollowed: Double
    private var boot: String
    private var sinceBoot: Double

    enum CodingKeys: String, CodingKey {
        case certain, credits, offset, astray, running, boot
        case sinceBoot = "since_boot"
        case lastFollowed = "last_followed"
    }

    /// Begins with the wall clock's time.
    package init(_ reading: ClockReading) {
        (certain, lastFollowed) = (reading.wall, reading.wall)
        (boot, sinceBoot) = (reading.boot, reading.sinceBoot)
    }

    /// The latest possible time: the stamp of new files.
    package var latest: Double { credits.reduce(certain) { $0 + $1.seconds } }

    /// Takes a reading; call it at least every few hours while running.
    /// - Returns: if a break counts from now on, the time after which it was: files stamped later than that, while the
    ///   wall clock was wrong, may have been made after the break.
    @discardableResult
    package mutating func observe(_ reading: ClockReading) -> Double? {
        // After another start of the machine, at least its own running time has passed.
        let passed = max(0, reading.boot == boot ? reading.sinceBoot - sinceBoot : reading.sinceBoot)
        (boot, sinceBoot) = (reading.boot, reading.sinceBoot)
        certain += passed
        running += passed
        confirm(passed)

        let told = reading.wall - offset
        let lead = told - latest
        if lead <= Self.longestBreak, told >= certain - Self.furthestBack {
            astray = nil
            let before = lastFollowed, isBreak = follow(lead, passed)
            lastFollowed = latest
            return isBreak ? before : nil
        }
        goAstray(lead, passed)
        return nil
    }

    private mutating func confirm(_ passed: Double) {
        for index in credits.indices { credits[index].left -= passed }
        certain += credits.filter { $0.left <= 0 }.reduce(0) { $0 + $1.seconds }
        credits.removeAll { $0.left <= 0 }
    }

    /// - Returns: whether a break was counted.
    private mutating func follow(_ lead: Double, _ passed: Double) -> Bool {
        if lead >= 0 {
            // Two clocks of one machine drift apart by less than that.
            if lead <= min(60, passed / 100) {
                certain += lead
                return false
            }
            credits.append(Credit(seconds: lead, left: Self.confirmation))
            return true
        }
        var back = -lead
        while back > 0, let last = credits.popLast() {
            if last.seconds > back { credits.append(Credit(seconds: last.seconds - back, left: last.left)) }
            back -= min(back, last.seconds)
        }
        certain -= back
        return false
    }

    private mutating func goAstray(_ lead: Double, _ passed: Double) {
        guard let earlier = astray, abs(earlier.by - lead) < 60 else {
            astray = Astray(by: lead, running: 0)
            return
        }
        astray = Astray(by: lead, running: earlier.running + passed)
        guard earlier.running + passed >= Self.confirmation else { return }
        offset += lead
        astray = nil
        lastFollowed = latest
    }
}
