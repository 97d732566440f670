/// The pause before a message is sent again.
enum RetryPause {
    /// Short enough that a receiver that comes back is served soon, long enough for one that is overloaded.
    private static let longest = 15.0
    /// A receiver that asks for more gets this.
    private static let longestAskedFor = Duration.seconds(3600)

    /// From 0.5 s, doubled with each failure, at most 15 s; a random half of it is left out, so that lines and gateways
    /// do not come back together. Never shorter than the receiver asked for, up to an hour.
    static func after(
        failures: Int, asked: Duration?, random: Double = Double.random(in: 0...1)
    ) -> Duration {
        let pause = min(longest, 0.5 * Double(1 << min(10, max(0, failures - 1))))
        return max(.seconds(pause * (1 - random / 2)), min(asked ?? .zero, longestAskedFor))
    }
}
