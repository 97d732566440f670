/// The pause after a failure.
enum Backoff {
    /// 1, 2, 4, … s, at most a minute.
    static func pause(after failures: Int) -> Duration { .seconds(min(60, 1 << min(6, max(0, failures - 1)))) }
}
